"""Performs what was decided: runs commands, sends signals."""

import signal

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.plan import Command
from svwatch.core.seen import Incarnation, Kind, Outcome
from svwatch.core.state import Run, Signal, TakeDown
from svwatch.shell import signals
from svwatch.shell.output import Outputs
from svwatch.shell.spawn import Child, Failed, abandon, reap, spawn
from svwatch.shell.sv import find_sv, put_up, take_down

__all__ = ["Hands", "Report", "put_up"]  # put_up: the daemon's last word to runsv

_CHECK_EVERY = 1.0  # s between looks at the size of a running command's output
_SWEEP_EVERY = 60.0  # s between looks at all output files
_POLL_EVERY = 0.1  # s, only where the kernel has no pidfd


class Report(Struct, frozen=True):
    """What became of a command.

    *ended*: its process is gone, the record of the command can be closed. *late*: its timeout was
    reported before, so the core has had its one outcome and must not get this.
    """

    service: str
    run_id: int
    outcome: Outcome
    ended: bool = True
    late: bool = False


class _Job(Struct, frozen=True):
    service: str
    run: Run
    run_id: int
    child: Child
    began: float
    deadline: float | None  # None: it passed and was reported


class Hands:
    """The commands of all services; *state_dir*/output holds what they print.

    All instants are CLOCK_MONOTONIC seconds and come in as arguments.
    """

    def __init__(self, state_dir: str) -> None:
        self._outputs = Outputs(f"{state_dir}/output")
        self._jobs: dict[int, _Job] = {}  # by pid: the children are ours until they are reaped
        self._bounded = 0.0
        self._swept = 0.0
        self._polled = 0.0
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            # Inherited over exec, it would make the kernel throw exit codes away (signal(7)).
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def begin(
        self, service: str, run: Run, run_id: int, *, now: float, event: int | None = None
    ) -> Incarnation | Report:
        """Start *run*, whose row is already committed; give who it is, or how it failed.

        *run_id* and the number of its *event* go into the environment of the command.
        """
        child = self._spawn(service, run, run_id, event)
        if isinstance(child, Failed):
            outcome = Outcome(run.kind, run.serial, 127, child.why)
            return Report(service, run_id, outcome)
        if not self._jobs:
            self._bounded = self._polled = now
        deadline = now + run.command.timeout
        self._jobs[child.pid] = _Job(service, run, run_id, child, now, deadline)
        return child.incarnation

    def _spawn(self, service: str, run: Run, run_id: int, event: int | None) -> Child | Failed:
        command = run.command
        try:
            path = self._outputs.prepare(service, empty=not self.busy(service))
        except OSError as error:
            return Failed(f"cannot keep the output of {command.argv[0]}: {error}")
        env = dict(command.env) | {"SVWATCH_SERVICE": service, "SVWATCH_RUN": str(run_id)}
        if event is not None:
            env["SVWATCH_EVENT"] = str(event)
        return spawn(_argv(command), user=command.user, env=env, cwd=run.cwd, output_path=path)

    def signal(self, wanted: Signal) -> str:
        """Send *wanted* to exactly its incarnation; "" or why it was not sent."""
        return signals.send(wanted.incarnation, wanted.name)

    def take_down(self, order: TakeDown) -> str:
        """Have runsv take its service down by a signal; "" or why that was not written."""
        return take_down(order)

    def filenos(self) -> tuple[int, ...]:
        """Give the pidfds to watch: readable means that a command has ended."""
        fds = (job.child.pidfd for job in self._jobs.values())
        return tuple(fd for fd in fds if fd is not None)

    def readable(self, fd: int, now: float) -> Report | None:
        """Collect the command behind pidfd *fd*; None where it still runs or is not ours."""
        for job in self._jobs.values():
            if job.child.pidfd == fd:
                return self._collect(job, now)
        return None

    def busy(self, service: str) -> tuple[Incarnation, ...]:
        """Give the commands of *service* that still run."""
        jobs = self._jobs.values()
        return tuple(job.child.incarnation for job in jobs if job.service == service)

    def due(self) -> float | None:
        """Give when `overdue` or `tend` has something to do at the latest; None: never."""
        if not self._jobs:
            return None
        jobs = self._jobs.values()
        instants = [job.deadline for job in jobs if job.deadline is not None]
        instants.append(self._bounded + _CHECK_EVERY)
        if any(job.child.pidfd is None for job in jobs):
            instants.append(self._polled + _POLL_EVERY)
        return min(instants)

    def overdue(self, now: float) -> tuple[Report, ...]:
        """End what is over its timeout, and say so once; *late* news may come with it.

        A start or restart is not ended: it may be the service itself by now. It stays `busy`.
        """
        return (*self._unwatched(now), *self._timed_out(now))

    def _unwatched(self, now: float) -> list[Report]:
        self._polled = now
        blind = [job for job in self._jobs.values() if job.child.pidfd is None]
        return [report for job in blind if (report := self._collect(job, now)) is not None]

    def _timed_out(self, now: float) -> list[Report]:
        jobs = list(self._jobs.values())
        return [
            self._give_up(job, now)
            for job in jobs
            if job.deadline is not None and now >= job.deadline
        ]

    def _give_up(self, job: _Job, now: float) -> Report:
        self._jobs[job.child.pid] = replace(job, deadline=None)
        detail = self._outputs.tail(job.service)
        if job.run.kind not in {Kind.START, Kind.RESTART}:
            detail = f"{_kill(job.child)}\n{detail}".strip()
        outcome = Outcome(
            job.run.kind, job.run.serial, None, detail, seconds=now - job.began, over=True
        )
        return Report(job.service, job.run_id, outcome, ended=False)

    def _collect(self, job: _Job, now: float) -> Report | None:
        ending = reap(job.child)
        if ending is None:
            return None
        del self._jobs[job.child.pid]
        detail = ending.error or self._outputs.tail(job.service)
        outcome = Outcome(
            job.run.kind, job.run.serial, ending.exit, detail, seconds=now - job.began
        )
        return Report(job.service, job.run_id, outcome, late=job.deadline is None)

    def tend(self, now: float) -> None:
        """Keep output files below 1 MB: of what runs once a second, of everybody once a minute."""
        if now >= self._bounded + _CHECK_EVERY:
            self._bounded = now
            for job in self._jobs.values():
                self._outputs.bound(job.service)
        if now >= self._swept + _SWEEP_EVERY:
            self._swept = now
            self._outputs.bound_all()

    def close(self) -> None:
        """Let go of everything; commands under way finish their work without us."""
        for job in self._jobs.values():
            abandon(job.child)
        self._jobs.clear()


def _argv(command: Command) -> tuple[str, ...]:
    """Put the path of `sv` where only its name is given: GitLab's is on no PATH."""
    sv = find_sv() if command.argv[0] == "sv" else None
    return command.argv if sv is None else (sv, *command.argv[1:])


def _kill(child: Child) -> str:
    """End *child*; "" or why that cannot be done."""
    if child.pidfd is None:
        return "not ended: no pidfd on this kernel"
    return signals.send_to(child.pidfd, signal.SIGKILL)
