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
