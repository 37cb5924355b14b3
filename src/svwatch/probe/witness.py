"""Gather what judging needs: the files, the process that they name, who may write them."""

import os
from time import time
from typing import Protocol, TypeGuard

from svwatch.core.plan import Service
from svwatch.core.seen import (
    Incarnation,
    Memory,
    Need,
    Now,
    Owner,
    SvStatus,
    Tree,
    Unreadable,
    Verdict,
)
from svwatch.probe import pidfile, procfs, runsv, traits
from svwatch.probe.eyes import Eyes
from svwatch.probe.judge import Here, judge, judge_sv
from svwatch.probe.owners import Writer, writers
from svwatch.probe.pidfile import Named
from svwatch.probe.procfile import Stat
from svwatch.probe.traits import Traits


class Sampler(Protocol):
    """What samples a process tree: `procfs.Sampler`, or `portable.Sampler`."""

    main: Incarnation | None

    def begin(self, main: Incarnation | None) -> None:
        """Look at the tree of *main* from now on."""

    def still(self) -> bool:
        """Say whether nothing changed since the last sample."""

    def sample(
        self, pss_over: int | None = None, needs: frozenset[Need] = frozenset()
    ) -> Tree | Unreadable | None:
        """Read the tree; None where its main process is dead."""

    def owner(self) -> Owner | None:
        """Say whom the main process acts for."""

    def incarnations(self) -> frozenset[Incarnation]:
        """Name everybody in the tree as of the last sample."""

    def close(self) -> None:
        """Forget the tree, give the descriptors back."""


def sampler(eyes: Eyes) -> Sampler:
    """Make a sampler that fits the host."""
    if eyes.portable:
        from svwatch.probe import portable  # noqa: PLC0415  # psutil costs a megabyte

        return portable.Sampler(eyes)
    return procfs.Sampler(eyes)


def on_pidfile(service: Service, eyes: Eyes, memory: Memory, at: Now) -> Verdict:
    """Read the service's pidfile and judge it."""
    path = service.pidfile or ""
    reading = pidfile.read(path)
    found = eyes.traits(reading.pid) if isinstance(reading, Named) and reading.pid > 1 else None
    exposed = _new(found, memory) and not service.trust_pidfile
    here = Here(
        boot=at.boot,
        wall=time(),  # only to place the file's mtime on the axis of boot
        family=traits.ancestors(eyes.proc),
        writers=writers(path) if exposed else (),
    )
    return judge(service, reading, found, memory, here, known_lives=remembered(eyes, memory))


def on_status(
    service_dir: str, eyes: Eyes, memory: Memory, at: Now, status: SvStatus | Unreadable
) -> Verdict:
    """Judge what runit says of the service in *service_dir*."""
    if isinstance(status, Unreadable):
        return status
    found = eyes.traits(status.pid) if status.pid > 0 and status.state == 1 else None
    exposed: tuple[Writer, ...] = ()
    if _new(found, memory) and not _below_runsv(found, service_dir, eyes.proc):
        if runsv.served(service_dir) is None and not _child_of_runsv(found, eyes.proc):
            return Unreadable(
                f"{service_dir}/supervise/ok is not ours to open, and process {status.pid} is no "
                "child of a runsv: the status may be stale"
            )
        exposed = writers(f"{service_dir}/supervise/status")
    here = Here(boot=at.boot, wall=0.0, family=traits.ancestors(eyes.proc), writers=exposed)
    alive = remembered(eyes, memory)
    return judge_sv(service_dir, status, found, memory, here, known_lives=alive)


def remembered(eyes: Eyes, memory: Memory) -> bool:
    """Say whether the remembered incarnation lives."""
    return memory.known is not None and eyes.lives(memory.known)


def _new(found: Traits | Unreadable | None, memory: Memory) -> TypeGuard[Traits]:
    """Say whether it is a process that nobody believed in yet."""
    return isinstance(found, Traits) and found.incarnation != memory.known


def _child_of_runsv(found: Traits, proc: str) -> bool:
    """Say whether its parent is a runsv."""
    parent = traits.stat_of(found.ppid, proc)
    return isinstance(parent, Stat) and parent.name == "runsv"


def _below_runsv(found: Traits, service_dir: str, proc: str) -> bool:
    """Say whether its parent is a runsv that works in this directory: nobody can fake that."""
    if not _child_of_runsv(found, proc):
        return False
    try:
        return os.path.samefile(f"{proc}/{found.ppid}/cwd", service_dir)
    except OSError:
        return False  # not ours to read: then the owners of the directory decide
