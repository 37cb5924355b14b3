"""Takes the picture that all views show: every service, the daemon, the routes, now."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svwatch.core.audience import Lane
from svwatch.core.event import Event
from svwatch.core.headcount import rows
from svwatch.core.kinds import Code, Kind
from svwatch.core.plan import Plan, Service
from svwatch.core.pulse import HEARTBEAT, Pulse
from svwatch.core.route import Form
from svwatch.core.seen import Now
from svwatch.core.shortage import group_rows
from svwatch.core.snapshot import (
    DaemonSnap,
    Gone,
    RouteSnap,
    ServiceSnap,
    Snapshot,
    service_snap,
)
from svwatch.core.state import State
from svwatch.shell.notes import REGULAR
from svwatch.shell.outbox import RouteBacklog
from svwatch.shell.plans import Plans
from svwatch.shell.store import Store
from svwatch.shell.ward import Ward

DAY = 86400.0


T = TypeVar("T")
POSTED = frozenset({Form.ALERTMANAGER})


class Posted(Struct, frozen=True):
    """What is known of the posts to an Alertmanager; *failing*: since then none is taken."""

    known: tuple[msgspec.Raw, ...] = ()
    failing: float | None = None
    error: str = ""
    failures: int = 0


class Painter:
    """Paints snapshots from wards and *store*; *host* is how we are called."""

    def __init__(self, store: Store, host: str) -> None:
        """Take numbers, causes and routes from *store*."""
        self._store = store
        self._host = host

    def living(self, ward: Ward, now: Now, wall: float) -> ServiceSnap:
        """Paint a service that is watched; a bug of ours in its turn is not ok."""
        snap = service_snap(
            ward.service,
            ward.state,
            now,
            wall,
            observation=ward.seen,
            findings=ward.findings,
            event=self._event(ward.name),
            causes=self._causes(ward.name, wall),
        )
        return doubted(snap, ward)

    def stored(self, service: Service, state: State, now: Now, wall: float) -> ServiceSnap:
        """Paint a service as it was last known."""
        event, causes = self._event(service.name), self._causes(service.name, wall)
        return service_snap(service, state, now, wall, event=event, causes=causes)

    def picture(
        self,
        services: Iterable[ServiceSnap],
        wall: float,
        *,
        plan: Plan,
        plans: Plans | None = None,
        daemon: DaemonSnap | None = None,
        gone: Gone | None = None,
        names: tuple[str, ...] = (),
        unrecorded: str = "",
        unexported: str = "",
        unread: Mapping[str, str] | None = None,
    ) -> Snapshot:
        """Put *services* together; *names*: only these. *unread*: patterns, and why."""
        shown = tuple(services)
        if not names:
            shown += rows(plan.families, shown, unread or {})
            shown += group_rows(plan.groups, shown)
        return Snapshot(
            host=self._host,
            wall=wall,
            services=tuple(one for one in shown if not names or one.name in names),
            daemon=daemon,
            routes=self.routes(plan),
            pulse=self.pulse(plan),
            gone=gone,
            rejected=plans.rejected[0] if plans and plans.rejected else None,
            rejected_at=plans.rejected_at if plans else None,
            unrecorded=unrecorded or None,
            unexported=unexported or None,
            observing=plans.observing if plans and plan.observe else None,
        )

    def _event(self, name: str) -> int | None:
        newest: Event | None = self._store.newest(name)
        return newest.number if newest is not None else None

    def _causes(self, name: str, wall: float) -> tuple[str, ...]:
        return tuple(cause for _, cause in self._store.restarts(name, wall - DAY) if cause)

    def routes(self, plan: Plan) -> tuple[RouteSnap, ...]:
        """Paint every target of every route of *plan*, and old ones that still owe something."""
        owed = {(one.route, one.target): one for one in self._store.waiting()}
        lanes = {
            (route.name, target.to): target.shown
            for route in plan.routes
            for target in route.targets
        }
        unsure = not plan.source  # without a configuration nobody knows which are left over
        posts = {
            one.name: self._noted(one.name, Posted) for one in plan.routes if one.form in POSTED
        }
        painted = (
            _route(lane, lanes.get(lane, ""), owed.get(lane), configured=unsure or lane in lanes)
            for lane in dict.fromkeys((*lanes, *owed))
        )
        return tuple(_posted(one, posts.get(one.name)) for one in painted)

    def pulse(self, plan: Plan) -> Pulse | None:
        """Say what became of the beats; None: *plan* wants none."""
        if plan.heartbeat is None:
            return None
        return self._noted(HEARTBEAT, Pulse) or Pulse(shown=plan.heartbeat.shown)

    def _noted(self, name: str, kind: type[T]) -> T | None:
        """Give what goes out again and again has noted of itself."""
        noted = self._store.noted(f"{REGULAR}{name}")
        try:
            return msgspec.json.decode(noted, type=kind) if noted else None
        except msgspec.DecodeError:  # of another version
            return None


def doubted(snap: ServiceSnap, ward: Ward) -> ServiceSnap:
    """Give *snap* of *ward* as it may be told: after a bug of ours nobody knows how it is."""
    if not ward.trouble:
        return snap
    sentence = f"not judged because of a bug in svwatch: {ward.trouble}"
    status = replace(
        snap.status, kind=Kind.CANNOT_MEASURE, words=Kind.CANNOT_MEASURE.value,
        code=Code.UNKNOWN, sentence=sentence, reason=sentence,
    )  # fmt: skip
    return replace(snap, status=status)


def _route(lane: Lane, shown: str, owed: RouteBacklog | None, *, configured: bool) -> RouteSnap:
    name, target = lane
    if owed is None:
        return RouteSnap(name=name, target=target, shown=shown, configured=configured)
    return RouteSnap(
        name=name,
        target=target,
        shown=shown,
        waiting=owed.waiting,
        oldest=owed.oldest,
        attempts=owed.attempts,
        error=owed.error,
        retry=owed.retry_at or None,
        dead=owed.dead,
        died=owed.died,
        configured=configured,
    )


def _posted(one: RouteSnap, post: Posted | None) -> RouteSnap:
    """Give *one* with what its Alertmanager does not take, as if that waited there."""
    if post is None or post.failing is None:
        return one
    return replace(
        one,
        waiting=max(1, len(post.known)),
        oldest=post.failing,
        attempts=post.failures,
        error=post.error or "it was not tried again yet",
    )
