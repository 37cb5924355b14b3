"""One service: its merged keys to a Service. All defaults of a service are here."""

import os
import re

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.family import PART
from svwatch.core.plan import Command, Service, Survivors
from svwatch.lang.commands import Usual, command, environment, long_timeout, user_of
from svwatch.lang.fields import Fields
from svwatch.lang.ladders import ladder
from svwatch.lang.layers import Layered
from svwatch.lang.named import known_routes
from svwatch.lang.nodes import Text
from svwatch.lang.problem import Complaints
from svwatch.lang.rulebook import Hands, rules
from svwatch.lang.secrets import Outside
from svwatch.lang.target import Target, target
from svwatch.lang.ties import KEYS, check_able, needed
from svwatch.lang.wishes import listed

TIMEOUT = 30.0  # start_timeout and stop_timeout, as monit's
START_AFTER = 10.0
SETTLE = 10.0
WARM_UP = 0.0


class Common(Struct, frozen=True):
    """What the whole configuration says that every service needs."""

    outside: Outside
    interval: float
    observe: bool
    root: str  # of runit's service directories
    routes: frozenset[str] = frozenset()  # names under alerts


class Made(Struct, frozen=True):
    """A service and what it must share with no other."""

    service: Service
    target: Target
    needs: tuple[Text, ...] = ()  # names under after and depends_on


def make(layered: Layered, common: Common, complaints: Complaints) -> Made | None:
    """Give the service that *layered* describes; None after a complaint about its target."""
    name, place = layered.member.name, layered.entry.key.place
    given = Fields(layered.nodes, place, complaints)
    where = target(given, name, common.root)
    usual = Usual(user_of(given), environment(given, common.outside))
    log = given.path("log") or _log(where)
    hands = _hands(given, where, usual, common, log)
    service = Service(
        name=name,
        where=place.short(),
        service_dir=where.service_dir if where else None,
        pidfile=where.pidfile if where else None,
        external=where.external if where else False,
        cmdline=given.parsed("cmdline", _regex, "a regular expression"),
        trust_pidfile=given.yes("trust_pidfile", default=False),
        interval=common.interval,
        survivors=given.choice("survivors", Survivors, Survivors.SIGNAL),
        expect_up=given.word("expect", ("up",)) == "up",
        observe=_observe(given, common),
        log=log,
        groups=_groups(given, layered),
        after=needed(given, "after"),
        depends_on=needed(given, "depends_on"),
        family=_family(layered),
        rules=rules(layered.rules, hands, complaints),
        alerts=_alerts(given, common),
    )
    timed = _timed(service, given)
    if where is None:
        return None
    made = _commanded(timed, given, usual, common)
    check_able(made, given)
    needs = tuple(node for key in KEYS for node in given.words(key))
    return Made(made, where, needs)


def _hands(
    given: Fields, where: Target | None, usual: Usual, common: Common, log: str | None
) -> Hands:
    return Hands(
        # Where nobody knows what it is, that is complained of, and not what follows from it.
        runit=where is None or where.service_dir is not None,
        start="start" in given,
        stop="stop" in given or "stop_signal" in given,
        restart="restart" in given,
        external=where is not None and where.external,
        usual=usual,
        interval=common.interval,
        log=log is not None,
        routes=common.routes,
    )


def _timed(service: Service, given: Fields) -> Service:
    stop_timeout = given.duration("stop_timeout", long_timeout(given, "stop", TIMEOUT))
    return replace(
        service,
        stop_signal=ladder(given, stop_timeout),
        start_after=given.duration("start_after", START_AFTER),
        start_timeout=given.duration("start_timeout", TIMEOUT),
        stop_timeout=stop_timeout,
        kill_after=given.duration("kill_after", 0.0) if "kill_after" in given else None,
        settle=given.duration("settle", SETTLE),
        warm_up=given.duration("warm_up", WARM_UP),
    )


def _commanded(service: Service, given: Fields, usual: Usual, common: Common) -> Service:
    start = command(given, "start", usual, service.start_timeout, common.outside)
    stop = command(given, "stop", usual, service.stop_timeout, common.outside)
    both = service.stop_timeout + service.start_timeout
    restart = command(given, "restart", usual, both, common.outside)
    if not (service.runit or service.external):
        _doubt_ladder(service, stop or restart, given)
        return replace(service, start=start, stop=stop, restart=restart)
    for key, one in (("start", start), ("stop", stop), ("restart", restart)):
        _refuse_command(key, one, given, external=service.external)
    return service


def _doubt_ladder(service: Service, ends: Command | None, given: Fields) -> None:
    """Say what becomes of signals beside a command that ends the service."""
    if ends is None or not service.stop_signal:
        return
    if len(service.stop_signal) > 1:
        what = "its command ends it: these signals would never be sent"
        given.complaints.error(given.where("stop_signal"), what, "remove stop: or stop_signal:")
    else:
        text = f"its command ends it; {service.final} goes to what that leaves behind"
        given.complaints.remark(given.where("stop_signal"), f"stop_signal: {text}")


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    return value


def _refuse_command(key: str, given: Command | None, fields: Fields, *, external: bool) -> None:
    if given is None:
        return
    if external:
        what = f"under an external supervisor svwatch runs no {key} command"
        fields.complaints.error(fields.where(key), what, f"remove {key}:; stop_signal: ends it")
    elif os.path.basename(given.argv[0]) == "sv":
        fields.complaints.remark(fields.where(key), f"{key}: svwatch has its own way with runit")
    else:
        what = f"under runit {key} is runit's own affair"
        fields.complaints.error(fields.where(key), what, f"remove {key}:")


def _observe(given: Fields, common: Common) -> bool:
    mode = given.word("mode", MODES)
    return common.observe if mode is None else mode == "observe"


MODES = ("active", "observe")


def _log(where: Target | None) -> str | None:
    if where is None or where.service_dir is None:
        return None
    log = os.path.join(where.service_dir, "log")
    # Of members nobody knows yet who they are; a path that leads nowhere does no harm.
    there = PART in log or os.path.isdir(log)
    return os.path.join(log, "main", "current") if there else None


def _alerts(given: Fields, common: Common) -> tuple[str, ...]:
    """Give the routes that hear of it; empty: all."""
    nodes = listed(given, "alerts")
    for node in nodes:
        known_routes((node.value.strip(),), common.routes, node.place, given.complaints)
    names = (node.value.strip() for node in nodes)
    return tuple(name for name in dict.fromkeys(names) if name in common.routes)


def _family(layered: Layered) -> str | None:
    """Give the pattern that a member is of; what is named is there whatever a pattern finds."""
    return layered.family if layered.chain else None


def _groups(given: Fields, layered: Layered) -> tuple[str, ...]:
    one = given.text("group")
    listed = [node.value.strip() for node in given.words("groups")]
    names = dict.fromkeys([one, *listed] if one is not None else listed)
    if not names and layered.family is not None:
        return (layered.family,)  # the members of one entry are a group of their own
    return tuple(names)
