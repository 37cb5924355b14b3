"""Templates that come with svwatch: what is known of common workers.

They hold what follows from how such a worker ends, and no limits: those are yours. How long an
end may take is what one job or request may take; say `stop_timeout` where yours are longer.
"""

from svwatch.lang.nodes import Entry, Line, Map, Node, Seq, Text
from svwatch.lang.place import Place

KIND = "template "  # before the name, in place of a file

Value = str | tuple[str, ...]

TEMPLATES: dict[str, dict[str, Value]] = {
    "delayed_job": {
        "cmdline": r"delayed_job|jobs:work",
        "stop_timeout": "50m",  # TERM: it finishes the job; KILL leaves the job locked for hours
        "warm_up": "30s",
    },
    "sidekiq": {
        "cmdline": r"\bsidekiq\b",
        "stop_signal": ("TSTP 30s", "TERM"),  # take no more jobs; then end
        "stop_timeout": "60s",  # of these 25 s for the jobs, which are then given back
        "warm_up": "30s",
    },
    "unicorn": {
        "cmdline": r"\bunicorn",
        "stop_signal": "QUIT",  # TERM drops the requests in flight
        "stop_timeout": "2m",
        "warm_up": "30s",
    },
    "puma": {
        "cmdline": r"\bpuma\b",
        "stop_timeout": "1m",
        "warm_up": "30s",
    },
    "gunicorn": {
        "cmdline": r"\bgunicorn\b",
        "stop_timeout": "35s",  # its graceful_timeout is 30 s
        "settle": "15s",  # 5 attempts to bind, 1 s apart, while workers of an old master live
    },
    "celery": {
        "cmdline": r"\bcelery",
        "stop_timeout": "10m",
        "survivors": "wait",  # a second TERM would make the warm end a cold one
    },
    "rq": {
        "cmdline": r"\brq\b",
        "stop_timeout": "10m",
        "survivors": "wait",  # the horse finishes its job alone
    },
    "huey": {
        "cmdline": r"\bhuey_consumer",
        "stop_signal": "INT",  # TERM loses the task
        "stop_timeout": "5m",
        "survivors": "signal",  # workers outlive a killed consumer and go on taking tasks
    },
    "dramatiq": {
        "cmdline": r"\bdramatiq\b",
        "stop_timeout": "10m",
        "survivors": "signal",  # as huey's
    },
}


def shipped(name: str) -> Map | None:
    """Give the template *name* as if it had been read from a file; None: there is no such one."""
    keys = TEMPLATES.get(name)
    if keys is None:
        return None
    place = Place(f"{KIND}{name}")
    entries = [Entry(_text(key, place), _node(value, place)) for key, value in keys.items()]
    return Map(tuple(entries), place)


def is_shipped(node: Node) -> bool:
    """Whether *node* comes from one of these."""
    return node.place.file.startswith(KIND)


def _node(value: Value, place: Place) -> Node:
    if isinstance(value, str):
        return _text(value, place)
    return Seq(tuple(_text(one, place) for one in value), place)


def _text(value: str, place: Place) -> Text:
    return Text(value, place, lines=(Line(value, place),))
