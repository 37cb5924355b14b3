"""`stop_signal`: one signal, or a list of them with pauses."""

from msgspec import Struct

from svwatch.core.ladder import QUIETS, SIGNALS, Rung, pauses
from svwatch.core.units import parse_duration, show_duration
from svwatch.lang.fields import Fields
from svwatch.lang.nodes import Seq, Text
from svwatch.lang.place import Place
from svwatch.lang.problem import Complaints
from svwatch.lang.tokens import meant

KEY = "stop_signal"
EXAMPLE = "stop_signal: [TSTP 30s, TERM]"
MOST = 8  # signals of one ladder


class _Said(Struct, frozen=True):
    rung: Rung
    place: Place


def ladder(given: Fields, stop_timeout: float) -> tuple[Rung, ...]:
    """Give the signals that end the service, in order; () where nothing (right) is said."""
    texts = given.words(KEY)
    said = [one for one in (_rung(text, given.complaints) for text in texts) if one is not None]
    if len(said) < len(texts) or not said:
        if isinstance(node := given.node(KEY), Seq) and not node.items:
            given.complaints.error(node.place, f'"{KEY}" is empty', f"{KEY}: QUIT")
        return ()
    if _sound(said, given.complaints):
        _in_time(given, said, stop_timeout)
    return tuple(one.rung for one in said)


def _rung(node: Text, complaints: Complaints) -> _Said | None:
    """Read `QUIT`, `SIGQUIT` or `TSTP 30s`."""
    word, _, pause = node.value.strip().partition(" ")
    name = word.upper().removeprefix("SIG")
    if "," in node.value:
        complaints.error(node.place, f"{KEY}: several signals are a list", EXAMPLE)
    elif name == "KILL":
        what, hint = f"{KEY}: KILL gives it no time to end", "kill_after: 30s, beside stop_timeout"
        complaints.error(node.place, what, hint)
    elif name not in SIGNALS:
        hint = meant(name, SIGNALS) or f"it can be {', '.join(SIGNALS)}"
        complaints.error(node.place, f'{KEY}: "{word}" is not known', hint)
    elif not pause:
        return _Said(Rung(name), node.place)
    else:
        try:
            return _Said(Rung(name, parse_duration(pause.strip())), node.place)
        except ValueError as error:
            complaints.error(node.place, f"{KEY}: {error}", EXAMPLE)
    return None


def _sound(said: list[_Said], complaints: Complaints) -> bool:
    """Complain of pauses that are missing or lead nowhere, and of a last one that ends nothing."""
    *before, last = said
    unended = [one for one in before if not one.rung.wait]
    for one in unended:
        what = f"{KEY}: how long does {one.rung.name} wait before the next signal?"
        complaints.error(one.place, what, f"{one.rung.name} 30s")
    if last.rung.wait is not None:
        what = f"{KEY}: {last.rung.name} is the last and waits until stop_timeout"
        complaints.error(last.place, what, f"{KEY}: {last.rung.name}" if not before else EXAMPLE)
    elif last.rung.name in QUIETS:
        what = f"{KEY}: {last.rung.name} makes a process quiet and ends none"
        complaints.error(last.place, what, EXAMPLE)
    elif len(said) > MOST:
        complaints.error(said[MOST].place, f"{KEY}: more than {MOST} signals")
    else:
        return not unended
    return False


def _in_time(given: Fields, said: list[_Said], stop_timeout: float) -> None:
    """Complain where nothing of stop_timeout is left for the last signal."""
    waits = pauses(tuple(one.rung for one in said))
    if waits and waits >= stop_timeout:
        what = (
            f"{KEY}: {said[-1].rung.name} comes after {show_duration(waits)}, "
            f"but stop_timeout is {show_duration(stop_timeout)}"
        )
        given.complaints.error(given.where(KEY), what, f"stop_timeout: {show_duration(2 * waits)}")
