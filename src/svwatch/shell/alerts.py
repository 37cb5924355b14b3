"""`svwatch alerts`: asked of the daemon where one runs, else done on record, under the lock."""

import os
import select
import sys
import time
from collections.abc import Callable

import msgspec

from svwatch.core.letters import OutboxSnap, Rehearsed, Said
from svwatch.probe import clock
from svwatch.probe.eyes import Eyes
from svwatch.shell.asking import USAGE, answered, no_answer
from svwatch.shell.begin import House, Refused, open_house
from svwatch.shell.courier import AT_ONCE, DEADLINE
from svwatch.shell.letters import offset_at
from svwatch.shell.peer import user_name
from svwatch.shell.postmaster import Postmaster
from svwatch.shell.reach import Place
from svwatch.shell.rehearsal import Rehearsal, chosen, columns, failed
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.wire import Call, Option, Reply
from svwatch.view import to_alerts
from svwatch.view.letter import Letter

FAILED, UNKNOWN = 1, 3
GRACE = 5.0  # seconds that a daemon may take longer than a delivery
LATER = "goes out with the next svwatch: no daemon runs"

Deed = Callable[[House, Postmaster], tuple[Said, ...]]


def _call(verb: str, names: tuple[str, ...] = (), **options: Option) -> Call:
    if sudo := os.environ.get("SUDO_USER"):
        options["sudo"] = sudo
    return Call(f"alerts {verb}", names, options)


def _who() -> str:
    """Say who asks; the kernel knows, and root may have been somebody else before."""
    user = user_name(os.getuid())
    return os.environ.get("SUDO_USER") or user if user == "root" else user


# --- list ------------------------------------------------------------------------------------


def show(place: Place, *, everything: bool, as_json: bool, color: bool) -> int:
    """Print what waits and what was given up; *everything*: and what went out lately."""
    call = _call("list", all=everything)
    found = answered(
        place, call, OutboxSnap, lambda: _on_record(place, everything=everything), unsaid=FAILED
    )
    if isinstance(found, int):
        return found
    offset = offset_at(found.page.wall)
    shown = to_alerts.to_json(found) if as_json else to_alerts.alerts(found, offset, color=color)
    sys.stdout.write(shown)
    return 0


def _on_record(place: Place, *, everything: bool) -> OutboxSnap | str:
    try:
        store = Store.open_readonly(place.state_dir)
        if store is None:
            return f"no daemon answers, and nothing is on record in {place.state_dir}"
        if place.plan is None:  # then nobody knows which routes there are
            _complain(place.compiled.errors[0])
        try:
            return _postmaster(place, store).outbox(time.time(), everything=everything)
        finally:
            store.close()
    except StoreFailed as error:
        return error.reason


def _postmaster(place: Place, store: Store) -> Postmaster:
    return Postmaster(store, os.uname().nodename, place.plan, offset_at(time.time()))


# --- retry, drop -----------------------------------------------------------------------------


def retry(place: Place, words: tuple[str, ...]) -> int:
    """Have what *words* mean sent once more, at once."""

    def here(_house: House, postmaster: Postmaster) -> tuple[Said, ...]:
        return postmaster.retry(words, time.time(), now=LATER)

    return _did(place, _call("retry", words), here)


def drop(place: Place, words: tuple[str, ...]) -> int:
    """Have what *words* mean sent no more; the ledger says who said so."""

    def here(house: House, postmaster: Postmaster) -> tuple[Said, ...]:
        watch, wall = house.watch, time.time()
        said, _ = postmaster.drop(words, _who(), watch.own, watch.clock(), wall)
        watch.turn({})
        if watch.unrecorded:
            raise StoreFailed(watch.unrecorded)
        return said

    return _did(place, _call("drop", words), here)


def _did(place: Place, call: Call, here: Deed) -> int:
    """Have it done by the daemon, without one *here*; print what was done."""
    said = answered(place, call, tuple[Said, ...], lambda: _alone(place, here), unsaid=FAILED)
    if isinstance(said, int):
        return said
    for one in said:
        stream = sys.stderr if one.code == USAGE else sys.stdout
        stream.write(f"{to_alerts.did(one)}\n")
    return max(one.code for one in said)


def _alone(place: Place, here: Deed) -> tuple[Said, ...] | str:
    house = open_house(place.state_dir, "alerts", _complain, Eyes())
    if isinstance(house, Refused):
        return house.why
    try:
        return here(house, _postmaster(place, house.store))
    except StoreFailed as error:
        return error.reason
    finally:
        house.store.close()
        house.held.release()


def _complain(sentence: str) -> None:
    sys.stderr.write(f"svwatch: {sentence}\n")


# --- test ------------------------------------------------------------------------------------


def test(place: Place, names: tuple[str, ...], *, as_json: bool) -> int:
    """Send a test message to routes *names* (none: all); print what came of it, place by place.

    Exit code: 0 all went, 1 one failed, 2 no such route, 3 there is no configuration or no route.
    """

    def say(text: str) -> None:
        if not as_json:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    reply = place.ask(
        _call("test", names),
        on_progress=lambda reply: say(reply.text),
        timeout=DEADLINE + GRACE,
        longer=lambda: _longer(place, names),
    )
    found = _test_here(place, names, say) if reply is None else _of_daemon(reply)
    if isinstance(found, int):
        return found
    if as_json:
        sys.stdout.write(to_alerts.rehearsals_to_json(found))
    return failed(found)


def _longer(place: Place, names: tuple[str, ...]) -> float:
    """Give the seconds more that it may take where not all can be tested at once."""
    routes = chosen(place.plan.routes, names) if place.plan else ()
    count = 0 if isinstance(routes, str) else sum(len(route.targets) for route in routes)
    return DEADLINE * max(0, (count - 1) // AT_ONCE)


def _of_daemon(reply: Reply) -> tuple[Rehearsed, ...] | int:
    if reply.kind == "error":
        no_answer(reply.text)
        return reply.code
    return msgspec.json.decode(reply.data, type=tuple[Rehearsed, ...])


def _test_here(
    place: Place, names: tuple[str, ...], say: Callable[[str], None]
) -> tuple[Rehearsed, ...] | int:
    plan = place.plan
    if plan is None or not plan.routes:
        no_answer(*(place.compiled.errors or ("no route is configured: nobody is told",)))
        return UNKNOWN
    routes = chosen(plan.routes, names)
    if isinstance(routes, str):
        no_answer(routes)
        return USAGE
    wall, widths = time.time(), columns(routes)
    letter = Letter(host=os.uname().nodename, now=wall, offset=offset_at(wall))
    rehearsal = Rehearsal(
        routes, letter, _who(), lambda one: say(to_alerts.rehearsed(one, *widths))
    )
    try:
        _see_through(rehearsal)
    finally:
        rehearsal.close()
    return tuple(rehearsal.found)


def _see_through(rehearsal: Rehearsal) -> None:
    """Be the loop until every place was told of."""
    rehearsal.go(clock.now().mono)
    while not rehearsal.over:
        poll = select.poll()
        for fd in rehearsal.filenos():
            poll.register(fd, select.POLLIN)
        due = rehearsal.due
        poll.poll(None if due is None else max(0.0, due - clock.now().mono) * 1000 + 1)
        rehearsal.go(clock.now().mono)
