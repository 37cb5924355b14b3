"""Kinds of events in `only` and `except`: our words, and monit's names for the same."""

from svwatch.core.route import Word

OVER = (Word.OVER,)

MONIT: dict[str, tuple[Word, ...]] = {
    "action": (Word.ORDER,),
    "connection": (Word.NO_ANSWER,),
    "data": (Word.CANNOT_MEASURE,),
    "exec": (Word.START_FAILED, Word.WILL_NOT_STOP),
    "icmp": (Word.NO_ANSWER,),
    "instance": (Word.CONFIG,),
    "invalid": (Word.CANNOT_MEASURE,),
    "link": (Word.NO_ANSWER,),
    "nonexist": (Word.DOWN, Word.RESTARTED, Word.PIDFILE),
    "pid": (Word.RESTARTED, Word.STRAY),
    "resource": OVER,
    "timeout": (Word.STORM,),
    # What a rule compares with a limit or with an earlier value is one kind here.
    **dict.fromkeys(("bytein", "byteout", "checksum", "content", "exist", "fsflag"), OVER),
    **dict.fromkeys(("fsflags", "gid", "packetin", "packetout", "permission", "ppid"), OVER),
    **dict.fromkeys(("saturation", "size", "speed", "status", "timestamp", "uid"), OVER),
    "uptime": OVER,
}
"""The names that monit 5.33 accepts after `only on`, each tried there, and what they are here."""

EVENTS = (*(word.value for word in Word), *MONIT)
"""Everything that may stand in `only` and `except`."""


def words(name: str) -> tuple[Word, ...]:
    """Give what *name* means, in any case; empty: it is no kind of event."""
    known = name.lower()
    if known in MONIT:
        return MONIT[known]
    plain = known.replace("_", "-").replace(" ", "-")
    return tuple(word for word in Word if word == plain)
