"""`svwatch --check`: ask the daemon to look, or look ourselves, and report."""

import sys
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from svwatch.core.kinds import Code
from svwatch.core.plan import Plan
from svwatch.core.snapshot import Snapshot
from svwatch.core.vanish import Moment
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.shell import stored
from svwatch.shell.begin import House, Refused, open_house, raise_limit
from svwatch.shell.dry import dry
from svwatch.shell.letters import offset_at
from svwatch.shell.membership import found_now
from svwatch.shell.notes import GOODBYE
from svwatch.shell.novelty import Checked, news
from svwatch.shell.once import Once
from svwatch.shell.portrait import Painter
from svwatch.shell.reach import Place
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.wire import Call
from svwatch.view import to_json
from svwatch.view.to_check import changes
from svwatch.view.to_check import check as to_text
from svwatch.view.to_nagios import nagios

PATIENCE = 30.0  # seconds that a daemon may take to look at everything
UNKNOWN = int(Code.UNKNOWN)


class Wanted(Struct, frozen=True, kw_only=True):
    """What `check` was asked for; *form* is text, nagios or json."""

    names: tuple[str, ...] = ()
    dry_run: bool = False
    quiet: bool = False
    standalone: bool = False
    form: str = "text"
    color: bool = False

    @property
    def acts(self) -> bool:
        """Whether anything may be done, or remembered."""
        return not self.dry_run and self.form != "nagios"


def check(place: Place, wanted: Wanted) -> int:
    """Look, act if that is *wanted*, print the report; give the exit code of a plugin."""
    try:
        return _asked(place, wanted) if wanted.acts else _dry(place, wanted)
    except StoreFailed as error:
        return _trouble(error.reason)


def _asked(place: Place, wanted: Wanted) -> int:
    """Let a daemon look; without one, look ourselves."""
    options: dict[str, str | bool | int] = {"quiet": wanted.quiet}
    reply = place.ask(Call("check", wanted.names, options), timeout=PATIENCE)
    if reply is None:
        return _alone(place, wanted)
    if reply.kind == "error":
        return _trouble(reply.text)
    return _report(msgspec.json.decode(reply.data, type=Checked), wanted)


def _dry(place: Place, wanted: Wanted) -> int:
    """Look without acting. What a daemon knows is as good as a look, but knows of no dry run."""
    if not wanted.dry_run:
        reply = place.ask(Call("status", wanted.names), timeout=PATIENCE)
        if reply is not None and reply.kind == "error":
            return _trouble(reply.text)
        if reply is not None:
            return _report(Checked(msgspec.json.decode(reply.data, type=Snapshot)), wanted)
    if place.plan is None:
        return _trouble(*place.compiled.errors)
    if unknown := _unknown(place, wanted):
        return _trouble(unknown)
    store = Store.open_readonly(place.state_dir)
    try:
        watched = stored.is_watched(place.state_dir)
        seen = dry(_whole(place), store, wanted.names, watched=watched)
    finally:
        if store is not None:
            store.close()
    return _report(Checked(seen.snapshot), wanted, seen.doing)


def _alone(place: Place, wanted: Wanted) -> int:
    """Look ourselves; first what is on record is finished, even where no configuration loads."""
    if unknown := _unknown(place, wanted):
        return _trouble(unknown)
    eyes = Eyes()
    raise_limit(eyes)
    house = open_house(place.state_dir, "check", _complain, eyes)
    if isinstance(house, Refused):
        return _on_record(place, wanted, house)
    try:
        return _run(place, wanted, house)
    finally:
        house.store.close()
        house.held.release()


def _run(place: Place, wanted: Wanted, house: House) -> int:
    if wanted.standalone:
        house.store.note(GOODBYE, "cron")
    once = Once(house, place.plan, _complain)
    once.run()
    if place.plan is None:
        return _trouble(*place.compiled.errors)
    snapshot = _picture(place, wanted, house)
    new = wanted.quiet and not house.watch.unrecorded
    checked = news(house.store, snapshot) if new else Checked(snapshot)
    return _report(checked, wanted)


def _picture(place: Place, wanted: Wanted, house: House) -> Snapshot:
    watch, painter = house.watch, Painter(house.store, house.host)
    now, wall = watch.clock(), watch.wall()
    snaps = [painter.living(ward, now, wall) for ward in watch.roster.wards.values()]
    return painter.picture(
        snaps,
        wall,
        plan=place.plan or watch.roster.plan,
        gone=stored.gone(house.store),
        names=wanted.names,
        unrecorded=watch.unrecorded,
        unread=watch.roster.unread,
    )


def _on_record(place: Place, wanted: Wanted, refused: Refused) -> int:
    """Report what is on record where another svwatch is at work."""
    store = Store.open_readonly(place.state_dir) if refused.locked else None
    if store is None:
        return _trouble(refused.why)
    try:
        snapshot = stored.snapshot(store, place.plan, wanted.names, watched=True)
    finally:
        store.close()
    sys.stderr.write(f"svwatch: {refused.why}; this is what is on record\n")
    return 0 if wanted.quiet else _report(Checked(snapshot), wanted)


def _unknown(place: Place, wanted: Wanted) -> str:
    known = {service.name for service in _whole(place).services} if place.plan else set()
    missing = [name for name in wanted.names if known and name not in known]
    return f"there is no service {missing[0]!r}" if missing else ""


def _whole(place: Place) -> Plan:
    """Give the configuration with the members that are there now, and those on record."""
    plan = place.plan or Plan(source="")
    store = Store.open_readonly(place.state_dir) if plan.molds else None
    try:
        saved = store.states() if store else {}
    finally:
        if store is not None:
            store.close()
    known = [name for name, one in saved.items() if one.service.family is not None]
    return found_now(plan, known, Moment(clock.now(), time.time())).plan


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


def _trouble(*sentences: str) -> int:
    """Say what kept us from looking: that is UNKNOWN."""
    for sentence in sentences:
        _complain(sentence)
    return UNKNOWN
