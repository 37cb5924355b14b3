"""The one read model behind every view: all services, the daemon and the alerts, at one instant."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.kinds import RANK, Code, Kind, worst
from svwatch.core.limits import Limit, limit_of
from svwatch.core.plan import Service
from svwatch.core.pulse import Pulse
from svwatch.core.seen import HZ, Now, Observation
from svwatch.core.standing import serving
from svwatch.core.state import Finding, State
from svwatch.core.status import Status, status_of


class ServiceSnap(Struct, frozen=True, kw_only=True):
    """One service at one instant. Sizes are bytes, *up* seconds, *since* and *until* unix seconds.

    *restarts* counts the last 24 h by cause, most first. *event* is the number of its newest
    event that is still open, or of its newest at all.
    """

    name: str
    status: Status
    pid: int | None = None
    up: float | None = None
    memory: int | None = None  # totalmem
    pss: int | None = None
    limit: Limit | None = None
    restarts: tuple[tuple[str, int], ...] = ()
    since: float | None = None
    until: float | None = None
    event: int | None = None
    groups: tuple[str, ...] = ()
    runit: bool = False
    observe: bool = False


class DaemonSnap(Struct, frozen=True, kw_only=True):
    """The daemon that watches. Times are unix seconds; *looked* None: not once yet."""

    pid: int
    started: float
    looked: float | None = None
    config: float | None = None  # the configuration in force was loaded


FAILING_AFTER = 600.0
"""Seconds that a message waits behind errors until that is a trouble of its own."""


class RouteSnap(Struct, frozen=True, kw_only=True):
    """One place that people are told at, and what waits for it. Times are unix seconds.

    *target* is the recipient, where the route has one. *attempts*, *error* and *retry* are those
    of the message that is next, *died* says why the newest *dead* one was given up.
    """

    name: str
    target: str = ""
    shown: str = ""  # where it goes, without secrets
    waiting: int = 0
    oldest: float | None = None
    attempts: int = 0
    error: str = ""
    retry: float | None = None
    dead: int = 0  # given up for good, until somebody says retry or drop
    died: str = ""
    configured: bool = True  # False: messages are left of a route that there was

    def stuck(self, wall: float) -> bool:
        """Whether what waits has been waiting for too long, and not by our own choice."""
        late = self.oldest is not None and wall - self.oldest > FAILING_AFTER
        return late and bool(self.waiting and (self.error or not self.configured))

    def ails(self, wall: float) -> bool:
        """Whether somebody must see to it."""
        return bool(self.dead) or self.stuck(wall)


class Gone(Struct, frozen=True):
    """A daemon that ended without a goodbye: its last look (unix seconds), its pid."""

    since: float
    pid: int | None = None


class OtherRun(Struct, frozen=True):
    """A run without a daemon beside ours, such as a check; *since* unix seconds, 0: unknown."""

    kind: str
    since: float = 0.0


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything that a view may show. *wall* is now, unix seconds.

    *gone*: nobody watches since then. *rejected*: why the newest configuration was not loaded,
    since *rejected_at*. *observing*: nothing is acted upon, since then (unix seconds, 0: unknown).
    *unrecorded*: why the database cannot be written; then nothing is stopped or started.
    *unexported*: why the file of metrics cannot be written. *elsewhere*: services that another
    run acts on: we did not look, and tell what is on record.
    """

    host: str
    wall: float
    services: tuple[ServiceSnap, ...] = ()
    daemon: DaemonSnap | None = None
    routes: tuple[RouteSnap, ...] = ()
    pulse: Pulse | None = None  # of the heartbeat, where one is wanted
    gone: Gone | None = None
    rejected: str | None = None
    rejected_at: float | None = None
    observing: float | None = None
    unrecorded: str | None = None
    unexported: str | None = None
    elsewhere: dict[str, OtherRun] = {}

    @property
    def code(self) -> Code:
        """The exit code of `--check`: the worst of all; WARNING at least where nobody watches."""
        codes = [service.status.code for service in self.services]
        if self.unrecorded is not None:
            codes.append(Code.CRITICAL)
        ails = bool(self.ailing) or self.unheard
        if self.gone is not None or self.rejected is not None or not codes or ails:
            codes.append(Code.WARNING)
        return worst(tuple(codes))

    @property
    def ailing(self) -> tuple[RouteSnap, ...]:
        """The routes that somebody must see to: messages given up, or stuck."""
        return tuple(route for route in self.routes if route.ails(self.wall))

    @property
    def unheard(self) -> bool:
        """Whether nobody has heard the heartbeat for too long."""
        failing = None if self.pulse is None else self.pulse.failing
        return failing is not None and self.wall - failing > FAILING_AFTER

    @property
    def told_nobody(self) -> bool:
        """Whether there is no route at all."""
        return not any(route.configured for route in self.routes)

    def lane(self, route: RouteSnap) -> str:
        """Name *route*: `ops`; where it has several recipients, `ops ann@example.net`."""
        several = sum(one.name == route.name for one in self.routes) > 1
        return f"{route.name} {route.target}" if several and route.target else route.name


def service_snap(
    service: Service,
    state: State,
    at: Now,
    wall: float,
    *,
    observation: Observation | None = None,
    findings: tuple[Finding, ...] = (),
    event: int | None = None,
    causes: Iterable[str] = (),
) -> ServiceSnap:
    """Build the snapshot of one service at *at*, which is *wall* on the wall clock.

    *observation* and *findings* are of the newest look, where there was one; *causes* are those
    of its restarts in the last 24 h.
    """
    status = status_of(service, state, at, findings)
    offset = wall - at.mono
    return replace(
        _process(service, state, at, status),
        pss=_pss(observation),
        limit=limit_of(service, observation, findings),
        restarts=counts(causes),
        since=_since(state, at, offset),
        until=None if status.until is None else status.until + offset,
        event=event,
    )


def _process(service: Service, state: State, at: Now, status: Status) -> ServiceSnap:
    known = state.known if serving(state) else None
    return ServiceSnap(
        name=service.name,
        status=status,
        pid=known.incarnation.pid if known else None,
        up=known.incarnation.age(at.boot) if known else None,
        memory=known.memory if known else None,
        groups=service.groups,
        runit=service.runit,
        observe=service.observe,
    )


def _since(state: State, at: Now, offset: float) -> float | None:
    """Give the wall time since when it is so: of a running process, its start."""
    if state.gone is not None:
        return state.gone
    if serving(state) and state.known is not None and state.phase == "watching":
        return at.mono + offset - max(0.0, at.boot - state.known.incarnation.ticks / HZ)
    return state.since + offset if state.since else None


def _pss(observation: Observation | None) -> int | None:
    tree = observation.tree if observation is not None else None
    if tree is None or not tree.procs:
        return None
    parts = [proc.pss for proc in tree.procs if proc.pss is not None]
    return sum(parts) if len(parts) == len(tree.procs) else None


def counts(causes: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count *causes*, the most frequent first, equal ones by name."""
    number: dict[str, int] = {}
    for cause in causes:
        number[cause] = number.get(cause, 0) + 1
    return tuple(sorted(number.items(), key=lambda pair: (-pair[1], pair[0])))


def troubled(snapshot: Snapshot) -> tuple[ServiceSnap, ...]:
    """Give the services that are not OK, the worst first, else in their order."""
    bad = [service for service in snapshot.services if service.status.code is not Code.OK]
    return tuple(sorted(bad, key=lambda one: RANK[one.status.code]))


def is_well(service: ServiceSnap) -> bool:
    """Whether it is plainly ok: neither down by somebody's wish nor on hold."""
    apart = {Kind.DOWN_BY_HAND, Kind.ON_HOLD}
    return service.status.code is Code.OK and service.status.kind not in apart
