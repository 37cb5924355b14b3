"""How loud something is."""

from enum import StrEnum


class Level(StrEnum):
    """How loud an event is."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


LOUDNESS = {Level.NOTICE: 0, Level.WARNING: 1, Level.CRITICAL: 2}
