"""What a test is called where its numbers are told: name, comparison, unit."""

from msgspec import Struct

from svwatch.core.plan import (
    Acts,
    ChildOver,
    Gauge,
    Gauged,
    Older,
    Resource,
    Silent,
    Size,
    Test,
    Uptime,
)

UNITS = {
    Gauge.CPU: "percent",
    Gauge.TOTAL_CPU: "percent",
    Gauge.CORES: "cores",
    Gauge.READ: "bytes/s",
    Gauge.WRITE: "bytes/s",
}


class Label(Struct, frozen=True):
    """*limit* is None where it is known at a look only (a percentage); *size*: as written."""

    name: str
    op: str
    unit: str
    limit: float | None = None
    size: Size | None = None


def label(test: Test) -> Label | None:
    """Give what a test that measures is called; None for the others."""
    match test:
        case Resource(metric, op, size):
            return Label(metric, op, "bytes", _bytes(size), size)
        case ChildOver(metric, op, size):
            return Label(f"child {metric}", op, "bytes", _bytes(size), size)
        case Gauged(gauge, op, limit):
            return Label(gauge, op, UNITS.get(gauge, "count"), limit)
        case Uptime(op, limit):
            return Label("uptime", op, "seconds", limit)
        case Silent(seconds):
            return Label("log silent", ">", "seconds", seconds)
        case Older(path, seconds):
            return Label(f"age of {path}", ">", "seconds", seconds)
        case Acts(ident, op, _, number):
            return Label(ident, op, "count", None if number is None else float(number))
        case _:
            return None


def _bytes(size: Size) -> float | None:
    return float(size.bytes) if size.percent is None else None
