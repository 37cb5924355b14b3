"""What a route wants to hear: of which events and services, how often, how soon."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from svwatch.core.route import NEVER_HIDDEN, Rate, Route, Word
from svwatch.core.units import parse_duration, show_duration
from svwatch.lang.event_words import EVENTS, MONIT, words
from svwatch.lang.fields import NO, Fields
from svwatch.lang.globs import is_pattern, parse
from svwatch.lang.members import members
from svwatch.lang.nodes import Seq, Text
from svwatch.lang.place import Place
from svwatch.lang.tokens import meant

LONGEST_GATHER = 600.0  # whoever waits longer than this for a mail has forgotten why
LEAST_REMIND = 1.0
MOST_MESSAGES = 1000
RATE = re.compile(r"([0-9]{1,9}) *(?:per|/) *(.+)", re.IGNORECASE)


def wishes(given: Fields, usual: Route) -> Route:
    """Give the route *usual* with what *given* says of it.

    Names of services and groups are checked where those are known.
    """
    only, hidden = _events(given, "only"), _events(given, "except")
    _refuse_both(given, only, hidden)
    gather = _or_off(given, "gather", usual.gather, 0.0) or 0.0
    if gather > LONGEST_GATHER:
        what = f"gather: {show_duration(gather)} is too long"
        given.complaints.error(given.where("gather"), what, "at most 10m; rate: limits how many")
    return replace(
        usual,
        only=only,
        hidden=tuple(word for word in hidden if word not in NEVER_HIDDEN),
        services=tuple(dict.fromkeys(name for name, _ in service_names(given))),
        groups=tuple(dict.fromkeys(node.value.strip() for node in listed(given, "groups"))),
        remind=_or_off(given, "remind", usual.remind, LEAST_REMIND),
        rate=given.parsed("rate", _rate, "10 per 10m") or usual.rate,
        gather=gather,
    )


# --- events ----------------------------------------------------------------------------------


def _events(given: Fields, key: str) -> tuple[Word, ...]:
    found: dict[Word, None] = {}
    for node in listed(given, key):
        name = node.value.strip()
        kinds = words(name)
        if not kinds:
            near = meant(name.lower(), EVENTS)
            hint = near or f"there is {', '.join(Word)}"
            given.complaints.error(node.place, f'{key}: "{name}" is no kind of event', hint)
        _explain(given, key, name, kinds, node.place)
        found |= dict.fromkeys(kinds)
    return tuple(found)


def _explain(given: Fields, key: str, name: str, kinds: tuple[Word, ...], place: Place) -> None:
    """Say what monit's name means here, and that some things cannot be hidden."""
    if name.lower() in MONIT:
        ours = " and ".join(kinds)
        given.complaints.remark(place, f'{key}: what monit calls "{name}" is {ours} here')
    told = [word for word in kinds if word in NEVER_HIDDEN]
    if key == "except" and told:
        what = f"except: {' and '.join(told)} {'are' if told[1:] else 'is'} told anyway"
        given.complaints.warn(place, what, f"no route can leave out {_never_hidden()}")


def _never_hidden() -> str:
    return ", ".join(word for word in Word if word in NEVER_HIDDEN)


def _refuse_both(given: Fields, only: tuple[Word, ...], hidden: tuple[Word, ...]) -> None:
    both = [word for word in only if word in hidden]
    if both:
        what = f'"{both[0]}" is in only and in except'
        given.complaints.error(given.where("except"), what, "remove it from one of them")


# --- services and groups ---------------------------------------------------------------------


def service_names(given: Fields) -> Iterator[tuple[str, Place]]:
    """Give what stands under `services`: names, braces spelled out, and patterns as they are."""
    for node in listed(given, "services"):
        text = node.value.strip()
        try:
            if is_pattern(text):
                parse(text)
                yield text, node.place
            else:
                yield from ((member.name, node.place) for member in members(text))
        except ValueError as error:
            given.complaints.error(node.place, f"services: {error}")


def listed(given: Fields, key: str) -> tuple[Text, ...]:
    """Give the texts under *key*; a list of none is complained of, for it would mean all."""
    node = given.node(key)
    if isinstance(node, Seq) and not node.items:
        given.complaints.error(node.place, f'"{key}" is an empty list', "leave it out to mean all")
    return given.words(key)


# --- how often -------------------------------------------------------------------------------


def _or_off(given: Fields, key: str, usual: float | None, least: float) -> float | None:
    """Give seconds; None for `off`."""
    if key not in given:
        return usual
    return None if given.text(key) in NO else given.duration(key, 0.0, least)


def _rate(text: str) -> Rate:
    """Read `10 per 10m`, `10/h`. Raises ValueError."""
    found = RATE.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is no rate: say 10 per 10m')
    most, span = int(found[1]), found[2]
    seconds = parse_duration(span if span[0].isdecimal() else f"1 {span}")
    if not 1 <= most <= MOST_MESSAGES:
        raise ValueError(f"{most} is not a number of messages from 1 to {MOST_MESSAGES}")
    if not 1 <= seconds <= 7 * 86400:
        raise ValueError(f"{show_duration(seconds)} is not between 1s and 7d")
    return Rate(most, seconds)
