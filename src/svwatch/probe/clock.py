"""Read both clocks, and tell one world from another."""

import time

from svwatch.core.seen import Now, World
from svwatch.probe.content import content
from svwatch.probe.procfile import parse_stat

MONO = time.CLOCK_MONOTONIC
BOOT: int = getattr(time, "CLOCK_BOOTTIME", MONO)  # Linux alone tells suspend apart


def now() -> Now:
    """Give this instant on both clocks, in seconds since boot (clock_gettime(2))."""
    return Now(time.clock_gettime(BOOT), time.clock_gettime(MONO))


def world(proc: str = "/proc") -> World:
    """Name the present boot and the present pid 1 (random(4), proc(5)).

    What cannot be read is empty or 0, which is the same world for as long as it stays unreadable.
    """
    boot_id = content(f"{proc}/sys/kernel/random/boot_id") or b""
    init = parse_stat(content(f"{proc}/1/stat") or b"")
    return World(boot_id.decode("ascii", "replace").strip(), init.ticks if init else 0)
