"""The verbs that ask: the daemon where one runs, else what is on record; and print the answer."""

import os
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.kinds import Code
from svwatch.core.plan import Plan
from svwatch.core.snapshot import Snapshot
from svwatch.core.vanish import Moment
from svwatch.probe import clock
from svwatch.shell import ledger, stored, tuning
from svwatch.shell.ledger import Explained, Listed
from svwatch.shell.letters import offset_at
from svwatch.shell.membership import found_now
from svwatch.shell.reach import Place
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.tuning import Tried
from svwatch.shell.wire import Call, Reply
from svwatch.view import to_json
from svwatch.view.letter import Letter
from svwatch.view.to_events import events as to_events
from svwatch.view.to_limits import limits as to_limits
from svwatch.view.to_limits import nothing as no_limits
from svwatch.view.to_message import WITH_LOG
from svwatch.view.to_text import status as to_status
from svwatch.view.to_why import why as to_why
from svwatch.view.to_why_not import why_nothing

T = TypeVar("T")

PATIENCE = 10.0  # seconds for what a daemon knows at once
USAGE = 2


class Answered(Struct, frozen=True):
    """How asking ended: *exit* as check has it; *failed*: there was no answer at all."""

    exit: int
    failed: bool = False


def no_answer(*sentences: str) -> int:
    """Say what is wrong; give the exit code of a verb that failed."""
    for sentence in sentences:
        sys.stderr.write(f"svwatch: {sentence}\n")
    return 1


def _record(place: Place) -> Store | str:
    """Open what is on record, or say why that is not possible."""
    try:
        store = Store.open_readonly(place.state_dir)
    except StoreFailed as error:
        return error.reason
    return store or f"no daemon answers, and nothing is on record in {place.state_dir}"


# --- status ----------------------------------------------------------------------------------


def status(place: Place, names: tuple[str, ...], form: str, *, color: bool) -> Answered:
    """Print the snapshot as *form*: text, json or none."""
    reply = place.ask(Call("status", names), timeout=PATIENCE)
    if reply is not None and reply.kind == "error":
        no_answer(reply.text)
        return Answered(USAGE if reply.code == USAGE else int(Code.UNKNOWN), failed=True)
    if reply is not None:
        snapshot = msgspec.json.decode(reply.data, type=Snapshot)
        _print(snapshot, form, color=color)
        return Answered(int(snapshot.code))
    store = _record(place)
    if isinstance(store, str):
        no_answer(store)
        return Answered(int(Code.UNKNOWN), failed=form != "none")
    watched = stored.is_watched(place.state_dir)
    snapshot = stored.snapshot(store, place.plan, names, watched=watched)
    store.close()
    _print(snapshot, form, color=color)
    return Answered(int(Code.UNKNOWN))


def _print(snapshot: Snapshot, form: str, *, color: bool) -> None:
    if form == "json":
        sys.stdout.write(to_json.snapshot(snapshot))
    elif form == "text":
        sys.stdout.write(to_status(snapshot, offset_at(snapshot.wall), color=color))


# --- the ledger ------------------------------------------------------------------------------


def events(place: Place, names: tuple[str, ...], since: float | None, *, as_json: bool) -> int:
    """Print the events of *names* (all) since *since* (unix seconds; None: a day)."""
    options: dict[str, str | bool | int] = {} if since is None else {"since": f"{since}"}
    reply = place.ask(Call("events", names, options), timeout=PATIENCE)
    if reply is not None and reply.kind == "error":
        return no_answer(reply.text)
    if reply is not None:
        answer = msgspec.json.decode(reply.data, type=Listed)
    else:
        store = _record(place)
        if isinstance(store, str):
            return no_answer(store)
        answer = ledger.listed(store, time.time(), since, names)
        store.close()
    offset = offset_at(answer.wall)
    found = answer.events
    sys.stdout.write(to_json.events(found) if as_json else to_events(found, answer.wall, offset))
    return 0


def why(place: Place, subject: str) -> int:
    """Explain an event by its number, or a service by its name."""
    call = Call("why", (subject,))
    answer = answered(place, call, Explained, lambda: _why_on_record(place, subject))
    if isinstance(answer, int):
        return answer
    sys.stdout.write(_explain(answer))
    return 0


def limits(place: Place, name: str) -> int:
    """Say which limits on memory service *name* would have gone over, and how often."""
    call = Call("limits", (name,))
    answer = answered(place, call, Tried, lambda: _limits_on_record(place, name))
    if isinstance(answer, int):
        return answer
    found = answer.study
    sys.stdout.write(no_limits(name) if found is None else to_limits(found))
    return 0


def answered(
    place: Place,
    call: Call,
    kind: type[T],
    on_record: Callable[[], T | str],
    *,
    unsaid: int = USAGE,
) -> T | int:
    """Ask the daemon, and without one the record; where neither answers, say why.

    Gives an exit code then: the daemon's own, or *unsaid* (a mistake in the call).
    """
    reply = place.ask(call, timeout=PATIENCE)
    if reply is not None and reply.kind == "error":
        no_answer(reply.text)
        return reply.code
    if reply is not None:
        return msgspec.json.decode(reply.data, type=kind)
    answer = on_record()
    if isinstance(answer, str):
        no_answer(answer)
        return unsaid
    return answer


def _limits_on_record(place: Place, name: str) -> Tried | str:
    store = _record(place)
    if isinstance(store, str):
        return store
    try:
        return tuning.tried(store, time.time(), name, lambda name: stored.stand(store, name))
    finally:
        store.close()


def _why_on_record(place: Place, subject: str) -> Explained | str:
    store = _record(place)
    if isinstance(store, str):
        return store
    try:
        return ledger.explained(store, time.time(), subject, lambda name: stored.stand(store, name))
    finally:
        store.close()


def _explain(answer: Explained) -> str:
    nothing = answer.nothing
    if answer.event is not None:
        letter = _letter(answer, answer.event)
        return to_why(answer.event, letter, answer.told, answer.before)
    if nothing is None:
        return ""
    return why_nothing(nothing.service, nothing.state, nothing.now, nothing.snap, nothing.findings)


def _letter(answer: Explained, event: Event) -> Letter:
    service = answer.service
    path = service.log if service is not None and event.what in WITH_LOG else None
    return Letter(
        host=os.uname().nodename,
        now=answer.wall,
        offset=offset_at(answer.wall),
        service=service,
        history=answer.history,
        log=event.facts.log or (),
        log_path=path or "",
    )


# --- what changes something ------------------------------------------------------------------


def reload(place: Place) -> int:
    """Ask the daemon to read its configuration again."""
    reply = place.ask(Call("reload"), on_progress=_say, timeout=90.0)
    if reply is None:
        return no_answer("no daemon answers: there is nothing to reload")
    return _end(reply)


def _say(reply: Reply) -> None:
    sys.stdout.write(f"{reply.text}\n")
    sys.stdout.flush()


def _end(reply: Reply) -> int:
    if reply.kind == "error":
        no_answer(reply.text)
    else:
        _say(reply)
    return reply.code


# --- configuration ---------------------------------------------------------------------------


def _found_now(plan: Plan) -> dict[str, int]:
    """Count the members that each pattern finds now."""
    whole = found_now(plan, (), Moment(clock.now(), time.time())).plan
    return {
        family.pattern: sum(family.part(one.name) is not None for one in whole.services)
        for family in plan.families
    }


def validate(place: Place) -> int:
    """Print every problem of the configuration, and of the places that its messages go to."""
    from svwatch.lang.load import load  # noqa: PLC0415  YAML is for those who read it
    from svwatch.lang.problem import show  # noqa: PLC0415
    from svwatch.shell import trials  # noqa: PLC0415
    from svwatch.view.to_problems import found_valid, problems  # noqa: PLC0415

    loaded = load(place.config, os.environ, uid=place.uid)
    every = sorted((*loaded.problems, *trials.problems(loaded.outlets)))
    found = [(show(one).removesuffix(" (a warning)"), one.warning) for one in every]
    plan = loaded.plan if all(one.warning for one in every) else None
    sys.stdout.write(problems(found, plan.remarks if plan else ()))
    if plan is None:
        return 1
    sys.stdout.write(
        found_valid(len(plan.services), len(plan.routes), len(plan.files), _found_now(plan))
    )
    return 0
