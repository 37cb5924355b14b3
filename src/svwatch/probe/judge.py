"""Judge what a pidfile names: pure, on facts that others have read. DESIGN calls them verdicts."""

import re

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.plan import Service
from svwatch.core.seen import (
    HZ,
    Absent,
    Doubled,
    Forbidden,
    Incarnation,
    Lost,
    Memory,
    Running,
    Suspect,
    SvStatus,
    Unreadable,
    Verdict,
)
from svwatch.probe.owners import Writer
from svwatch.probe.pidfile import Named, Reading
from svwatch.probe.traits import Traits

SLACK = 2.0  # seconds that a process may be younger than the file that names it
SUPERVISORS = frozenset({"runsv", "runsvdir"})


class Here(Struct, frozen=True, kw_only=True):
    """What judging needs to know of us and of this instant.

    *boot* and *wall* are one instant on both axes; *family* is us and our ancestors.
    """

    boot: float
    wall: float
    family: frozenset[int] = frozenset()
    writers: tuple[Writer, ...] = ()


def judge(
    service: Service,
    reading: Reading,
    traits: Traits | Unreadable | None,
    memory: Memory,
    here: Here,
    *,
    known_lives: bool,
) -> Verdict:
    """Give the verdict on a pidfile.

    *traits* are those of the pid that it names, None where that is dead. *known_lives*: the
    remembered incarnation does. While it lives, nothing but itself is ever simply absent.
    """
    known = memory.known if known_lives else None
    verdict = _named(service, reading, traits, replace(memory, known=known), here)
    if known is None or isinstance(verdict, (Forbidden, Unreadable)):
        return verdict
    match verdict:
        case Running(incarnation) | Suspect(incarnation) if incarnation != known:
            return Doubled(incarnation, known)
        case Absent(why, pid):
            return Lost(known, _lost(service, why, pid))
    return verdict


def _named(
    service: Service,
    reading: Reading,
    traits: Traits | Unreadable | None,
    memory: Memory,
    here: Here,
) -> Verdict:
    """Judge the pid alone, whoever else lives."""
    if not isinstance(reading, Named):
        return reading
    if reading.pid == 1:
        return Forbidden(1, "it is pid 1, the init of this host", f"rm {service.pidfile}")
    if traits is None:
        return Absent("stale", reading.pid)
    if isinstance(traits, Unreadable):
        return traits
    if traits.incarnation == memory.known:  # once believed, it stays believed while it lives
        return Running(traits.incarnation, traits.identity)
    taboo = forbidden(traits, here, f"rm {service.pidfile}")
    if taboo is None and not service.trust_pidfile:
        taboo = exposed(traits, here.writers)
    return taboo or _believable(service, reading, traits, memory, here)


def forbidden(traits: Traits, here: Here, mend: str = "") -> Forbidden | None:
    """Say why this process must never be touched, whoever names it; None: it may be."""
    pid = traits.incarnation.pid
    program = (traits.exe or "").rpartition("/")[2]
    if traits.kernel:
        why = f"process {pid} is a kernel thread"
    elif pid in here.family:
        why = f"process {pid} is svwatch itself, or above it"
    elif traits.name in SUPERVISORS or program in SUPERVISORS:
        why = f"process {pid} is a supervisor ({traits.name})"
    elif traits.tgid != pid:
        why = f"{pid} is a thread of process {traits.tgid}"
    elif traits.depth > 1:
        why = f"process {pid} lives in another pid namespace (a container)"
    else:
        return None
    return Forbidden(pid, why, mend)


def exposed(traits: Traits, writers: tuple[Writer, ...]) -> Forbidden | None:
    """Forbid a process that somebody could point us at who may not signal it himself."""
    for writer in writers:
        uids = traits.uids
        if writer.uid is None or uids is None or set(uids) != {writer.uid}:
            who = "anybody" if writer.uid is None else f"user {writer.uid}"
            owner = "unknown" if uids is None else str(uids[0])
            why = (
                f"{who} may change the pidfile, but process {traits.incarnation.pid} "
                f"runs as user {owner}"
            )
            return Forbidden(traits.incarnation.pid, why, writer.mend)
    return None


def _believable(
    service: Service, reading: Named, traits: Traits, memory: Memory, here: Here
) -> Verdict:
    """Weigh the signs against a new pid: two, or `cmdline:` alone, say that it was recycled."""
    incarnation = traits.incarnation
    if service.cmdline is not None:
        return _by_cmdline(service.cmdline, traits)
    if memory.adopted == incarnation:
        return Running(incarnation, traits.identity)
    signs = [sign for sign in (_clock(reading, incarnation, here), _kin(traits, memory)) if sign]
    if not signs:
        return Running(incarnation, traits.identity)
    return Suspect(incarnation, signs[0]) if len(signs) == 1 else Absent("recycled", reading.pid)


def _by_cmdline(pattern: str, traits: Traits) -> Verdict:
    """Let the command line decide alone, as the configuration asks."""
    if traits.argv is None:
        return Unreadable(f"the command line of process {traits.incarnation.pid} cannot be read")
    if re.search(pattern, traits.argv):
        return Running(traits.incarnation, traits.identity)
    return Absent("recycled", traits.incarnation.pid)


def _clock(reading: Named, incarnation: Incarnation, here: Here) -> str:
    """Give the sign of the clock; empty where there is none."""
    written = here.boot - (here.wall - reading.mtime)
    late = incarnation.ticks / HZ - written
    if late <= SLACK:
        return ""
    return f"process {incarnation.pid} began {late:.0f} s after the pidfile was written"


def _kin(traits: Traits, memory: Memory) -> str:
    """Give the sign of another executable or user; empty where there is none."""
    last, new = memory.identity, traits.identity
    pid = traits.incarnation.pid
    if last.exe is not None and new.exe is not None and last.exe != new.exe:
        return f"process {pid} is {new.exe}; the last one was {last.exe}"
    if last.uid is not None and new.uid is not None and last.uid != new.uid:
        return f"process {pid} runs as user {new.uid}; the last one ran as user {last.uid}"
    return ""


def _lost(service: Service, why: str, pid: int | None) -> str:
    """Say what became of the pidfile while the process that it named lives."""
    match why:
        case "no pidfile":
            return f"{service.pidfile} is gone"
        case "empty" | "garbage":
            return (
                f"{service.pidfile} is {why}"
                if why == "empty"
                else f"{service.pidfile} holds garbage"
            )
        case "stale":
            return f"{service.pidfile} names {pid}, which does not run"
    return f"{service.pidfile} names {pid}, which is another process"


def judge_sv(
    service_dir: str,
    status: SvStatus,
    traits: Traits | Unreadable | None,
    memory: Memory,
    here: Here,
    *,
    known_lives: bool,
) -> Verdict:
    """Give the verdict on runit's own word; *traits* are those of its pid in state run."""
    if not status.alive:
        return Unreadable(f"runsv is not running for {service_dir}: its status is stale")
    verdict = _by_state(status, traits, memory, here)
    known = memory.known if known_lives else None
    match verdict:
        case Running(incarnation) if known not in (None, incarnation):
            return Doubled(incarnation, known) if known else verdict
        case Absent(why) if known is not None:
            return Lost(known, f"runit says {why}, but process {known.pid} lives")
    return verdict


def _by_state(
    status: SvStatus, traits: Traits | Unreadable | None, memory: Memory, here: Here
) -> Verdict:
    """Judge what status says, whoever else lives."""
    if status.state == 2:  # ./finish has its own pid
        return Absent("finishing", status.pid, finishing=True)
    if status.pid == 0:
        return Absent("down")
    if traits is None:
        return Absent("ended", status.pid)  # runsv has not written it down yet
    if isinstance(traits, Unreadable):
        return traits
    if traits.incarnation != memory.known:
        if traits.incarnation.pid == 1 or traits.kernel or traits.incarnation.pid in here.family:
            return Forbidden(status.pid, "supervise/status names what it cannot have started")
        taboo = exposed(traits, here.writers)
        if taboo is not None:
            return taboo
    return Running(traits.incarnation, traits.identity)
