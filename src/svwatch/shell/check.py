"""`svwatch --check`: ask the daemon to look, or look ourselves, and report."""

import os
import sys
from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.kinds import Code
from svwatch.core.plan import Plan
from svwatch.core.seen import HZ
from svwatch.core.snapshot import OtherRun, Snapshot
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.shell import stored
from svwatch.shell.begin import House, Refused, open_house, raise_limit
from svwatch.shell.dry import dry
from svwatch.shell.exporter import export
from svwatch.shell.letters import offset_at
from svwatch.shell.lock import Holder
from svwatch.shell.notes import GOODBYE
from svwatch.shell.novelty import Checked, news, unsaid
from svwatch.shell.once import DELIVERY, Once
from svwatch.shell.portrait import Painter
from svwatch.shell.reach import Place
from svwatch.shell.signals import start_of
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.whole import dialled, whole
from svwatch.shell.wire import Call, Reply
from svwatch.view import to_json
from svwatch.view.to_check import changes
from svwatch.view.to_check import check as to_text
from svwatch.view.to_nagios import cannot_look, nagios

PATIENCE = 2.0  # seconds until check_timeout is read to see how long a daemon may still take
END = 1.0  # seconds that are kept of check_timeout, to put everything on record
UNKNOWN = int(Code.UNKNOWN)


class Wanted(Struct, frozen=True, kw_only=True):
    """What `check` was asked for; *form* is text, nagios or json.

    *spent*: seconds of check_timeout that are over already.
    """

    names: tuple[str, ...] = ()
    dry_run: bool = False
    quiet: bool = False
    standalone: bool = False
    form: str = "text"
    color: bool = False
    spent: float = 0.0

    @property
    def acts(self) -> bool:
        """Whether anything may be done, or remembered."""
        return not self.dry_run and self.form != "nagios"


def age_of_process() -> float:
    """Give the seconds since we were started: Python's own begin counts, too."""
    start = start_of(os.getpid())
    return 0.0 if start is None else max(0.0, clock.now().boot - start.ticks / HZ)


def check(place: Place, wanted: Wanted) -> int:
    """Look, act if that is *wanted*, print the report; give the exit code of a plugin."""
    try:
        return (_asked if wanted.acts else _dry)(place, wanted, clock.now().mono - wanted.spent)
    except StoreFailed as error:
        return _trouble(wanted, error.reason)


def _asked(place: Place, wanted: Wanted, began: float) -> int:
    """Let a daemon look; without one, look ourselves."""
    options: dict[str, str | bool | int] = {"quiet": wanted.quiet}
    reply = _ask(place, Call("check", wanted.names, options), began)
    if reply is None:
        return _alone(place, wanted, began)
    if reply.kind == "error":
        return _trouble(wanted, reply.text)
    return _report(msgspec.json.decode(reply.data, type=Checked), wanted)


def _ask(place: Place, call: Call, began: float) -> Reply | None:
    """Ask the daemon; one that hangs costs no more than check_timeout, which is read only then."""

    def longer() -> float:
        return _left(place, began)

    return place.ask(call, timeout=PATIENCE, longer=longer)


def _left(place: Place, began: float) -> float:
    """Give the seconds that are left of check_timeout, less what it takes to end."""
    whole = place.plan.check_timeout if place.plan else DELIVERY
    return max(0.0, whole - min(END, whole / 10) - (clock.now().mono - began))


def _dry(place: Place, wanted: Wanted, began: float) -> int:
    """Look without acting. What a daemon knows is as good as a look, but knows of no dry run."""
    if not wanted.dry_run:
        reply = _ask(place, Call("status", wanted.names), began)
        if reply is not None and reply.kind == "error":
            return _trouble(wanted, reply.text)
        if reply is not None:
            return _report(Checked(msgspec.json.decode(reply.data, type=Snapshot)), wanted)
    if place.plan is None:
        return _trouble(wanted, *place.compiled.errors)
    plan = whole(place)
    if unknown := _unknown(plan, wanted):
        return _trouble(wanted, unknown)
    store = Store.open_readonly(place.state_dir)
    try:
        watched = stored.is_watched(place.state_dir)
        seen = dry(plan, store, wanted.names, watched=watched, seconds=_left(place, began))
    finally:
        if store is not None:
            store.close()
    return _report(Checked(seen.snapshot), wanted, seen.doing)


def _alone(place: Place, wanted: Wanted, began: float) -> int:
    """Look ourselves; first what is on record is finished, even where no configuration loads."""
    plan = whole(place)
    if unknown := _unknown(plan, wanted):
        return _trouble(wanted, unknown)
    results = dialled(plan, _left(place, began))
    eyes = Eyes()
    raise_limit(eyes)
    house = open_house(place.state_dir, "check", _complain, eyes)
    if isinstance(house, Refused):
        return _on_record(place, wanted, house)
    try:
        once = Once(house, place.plan, _complain, dialled=results)
        return _run(place, wanted, house, once, _left(place, began))
    finally:
        house.store.close()
        house.held.release()


def _run(place: Place, wanted: Wanted, house: House, once: Once, seconds: float) -> int:
    if wanted.standalone:
        house.store.note(GOODBYE, "cron")
    once.run(seconds)
    errors = () if place.plan is not None else place.compiled.errors
    said = wanted.quiet and not unsaid(house.store, errors)
    if place.plan is None:
        return UNKNOWN if said else _trouble(wanted, *errors)
    snapshot = _picture(place, wanted, house)
    if not wanted.names:
        why = export(place.plan, house.store, snapshot)
        snapshot = replace(snapshot, unexported=why or None)
        if why and not wanted.quiet:  # cron would mail it each minute
            _complain(f"no metrics: {why}")
    if not wanted.quiet or house.watch.unrecorded:
        return _report(Checked(snapshot), wanted)
    if house.claims is not None:
        house.claims.enter(END)  # one at a time tells what is new
    return _report(news(house.store, snapshot), wanted)


def _picture(place: Place, wanted: Wanted, house: House) -> Snapshot:
    watch, painter = house.watch, Painter(house.store, house.host)
    now, wall = watch.clock(), watch.wall()
    snaps = [painter.living(ward, now, wall) for ward in watch.roster.wards.values()]
    saved = house.store.states() if house.others else {}
    busy = {name: holder for name, holder in house.others.items() if name in saved}
    snaps += [painter.stored(saved[name].service, saved[name].state, now, wall) for name in busy]
    picture = painter.picture(
        snaps,
        wall,
        plan=place.plan or watch.roster.plan,
        gone=stored.gone(house.store),
        names=wanted.names,
        unrecorded=watch.unrecorded,
        unread=watch.roster.unread,
    )
    return replace(picture, elsewhere={name: _run_of(holder) for name, holder in busy.items()})


def _run_of(holder: Holder | None) -> OtherRun:
    return OtherRun(holder.kind, holder.since) if holder is not None else OtherRun("another run")


def _on_record(place: Place, wanted: Wanted, refused: Refused) -> int:
    """Report what is on record where a daemon is at work that does not listen (yet)."""
    store = Store.open_readonly(place.state_dir) if refused.locked else None
    if store is None:
        return _trouble(wanted, refused.why)
    try:
        snapshot = stored.snapshot(store, place.plan, wanted.names, watched=True)
    finally:
        store.close()
    if wanted.quiet:
        return int(snapshot.code)
    _complain(f"{refused.why}; this is what is on record")
    return _report(Checked(snapshot), wanted)


def _unknown(plan: Plan, wanted: Wanted) -> str:
    known = {service.name for service in plan.services}
    missing = [name for name in wanted.names if known and name not in known]
    return f"there is no service {missing[0]!r}" if missing else ""


def _report(checked: Checked, wanted: Wanted, doing: dict[str, str] | None = None) -> int:
    snapshot = checked.snapshot
    sys.stdout.write(_FORMS[wanted.form](checked, wanted, doing or {}))
    return int(snapshot.code)


def _as_text(checked: Checked, wanted: Wanted, doing: dict[str, str]) -> str:
    offset = offset_at(checked.snapshot.wall)
    if wanted.quiet:
        return changes(checked.snapshot, checked.events, checked.known, offset)
    return to_text(checked.snapshot, offset, doing=doing, color=wanted.color)


_FORMS: dict[str, Callable[[Checked, Wanted, dict[str, str]], str]] = {
    "text": _as_text,
    "json": lambda checked, _wanted, _doing: to_json.snapshot(checked.snapshot),
    "nagios": lambda checked, _wanted, _doing: nagios(checked.snapshot),
}


def _complain(sentence: str) -> None:
    sys.stderr.write(f"svwatch: {sentence}\n")


def _trouble(wanted: Wanted, *sentences: str) -> int:
    """Say what kept us from looking: that is UNKNOWN."""
    for sentence in sentences:
        _complain(sentence)
    if wanted.form == "nagios" and sentences:  # who reads plugins reads stdout
        sys.stdout.write(cannot_look(sentences[0]))
    return UNKNOWN
