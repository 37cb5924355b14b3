"""The phases of a service: a total table, from which the documentation's diagram is printed."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a service stands."""

    WATCHING = "watching"  # a process runs and is judged
    AWAITING = "awaiting"  # none runs; a successor or a reason to start is awaited
    STOPPING = "stopping"  # told to end
    STUCK = "stuck"  # stop_timeout is over and it lives
    STARTING = "starting"  # proven gone; the start is under way
    SETTLING = "settling"  # a successor runs, not yet for `settle`
    BACKOFF = "backoff"  # held down, or left alone, for a while
    HELD = "held"  # gave up: judged, not acted upon
    UNMONITORED = "unmonitored"  # an operator said so: not even judged
    WISHED_DOWN = "wished down"  # somebody wants it down
    BLIND = "blind"  # nothing can be said, or not safely
    LEAVING = "leaving"  # removed by a reload in the middle of a remediation


class Cue(StrEnum):
    """What happens to a service."""

    SEEN = "seen"  # a live process that we believe in
    ABSENT = "absent"  # no process
    UNSURE = "unsure"  # unreadable, suspect, forbidden, doubled
    WISH_DOWN = "wish down"  # want d that is not ours, or a stop that has ended
    WISH_UP = "wish up"  # want u again
    STOP = "stop"  # a stop begins
    OVERDUE = "overdue"  # stop_timeout is over
    GONE = "gone"  # the whole recorded tree is gone; a start is next
    APPEARED = "appeared"  # a successor runs
    DONE = "done"  # a remediation ended, with whatever verdict
    REST = "rest"  # back-off begins
    GIVE_UP = "give up"  # storm
    RESUME = "resume"  # its time is over, or `monitor`
    UNMONITOR = "unmonitor"  # an operator's
    REMOVE = "remove"  # by a reload


def _row(*, stay: str, **leave: Phase) -> dict[Cue, Phase | None]:
    """Write one row out: the cues named in *stay* change nothing (None)."""
    row: dict[Cue, Phase | None] = {Cue[name.upper()]: None for name in stay.split()}
    return row | {Cue[name.upper()]: phase for name, phase in leave.items()}


_P = Phase

# None: stay. Every phase answers every cue; tests/core/test_phases.py proves it.
NEXT: dict[Phase, dict[Cue, Phase | None]] = {
    _P.WATCHING: _row(
        stay="seen wish_up overdue appeared done resume",
        absent=_P.AWAITING,
        unsure=_P.BLIND,
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.AWAITING: _row(
        stay="absent wish_up overdue",
        seen=_P.WATCHING,
        unsure=_P.BLIND,
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        appeared=_P.WATCHING,
        done=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        resume=_P.WATCHING,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.STOPPING: _row(
        stay="seen absent unsure stop resume",
        wish_down=_P.WISHED_DOWN,
        wish_up=_P.STARTING,
        overdue=_P.STUCK,
        gone=_P.STARTING,
        appeared=_P.SETTLING,
        done=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.STUCK: _row(
        stay="seen absent unsure overdue resume",
        wish_down=_P.WISHED_DOWN,
        wish_up=_P.STARTING,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        appeared=_P.SETTLING,
        done=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.STARTING: _row(
        stay="seen absent unsure wish_up overdue gone resume",
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        appeared=_P.SETTLING,
        done=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.SETTLING: _row(
        stay="seen unsure wish_up overdue appeared resume",
        absent=_P.STARTING,
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        done=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.BACKOFF: _row(
        stay="seen absent unsure wish_down overdue appeared done rest",
        wish_up=_P.WATCHING,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        give_up=_P.HELD,
        resume=_P.WATCHING,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.HELD: _row(
        stay="seen absent unsure wish_up overdue appeared done give_up",
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        rest=_P.BACKOFF,
        resume=_P.WATCHING,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.UNMONITORED: _row(
        stay="seen absent unsure wish_down wish_up overdue appeared done rest give_up unmonitor",
        stop=_P.STOPPING,
        gone=_P.STARTING,
        resume=_P.WATCHING,
        remove=_P.LEAVING,
    ),
    _P.WISHED_DOWN: _row(
        stay="seen absent unsure wish_down overdue appeared done give_up rest",
        wish_up=_P.AWAITING,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        resume=_P.WATCHING,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.BLIND: _row(
        stay="unsure wish_up overdue done resume",
        seen=_P.WATCHING,
        absent=_P.AWAITING,
        wish_down=_P.WISHED_DOWN,
        stop=_P.STOPPING,
        gone=_P.STARTING,
        appeared=_P.WATCHING,
        rest=_P.BACKOFF,
        give_up=_P.HELD,
        unmonitor=_P.UNMONITORED,
        remove=_P.LEAVING,
    ),
    _P.LEAVING: _row(
        stay="seen absent unsure wish_down wish_up stop overdue gone appeared done rest give_up "
        "resume unmonitor remove",
    ),
}


def diagram() -> str:
    """Print the table as the state diagram of the documentation (Graphviz)."""
    lines = [
        f'  "{phase}" -> "{after}" [label="{cue}"];'
        for phase, row in NEXT.items()
        for cue, after in row.items()
        if after is not None
    ]
    return "\n".join(["digraph phases {", *lines, "}"])
