"""Keeps the file of metrics as new as it is cheap: never waited for, never worth the loop."""

from collections.abc import Callable, Iterable, Mapping

from svwatch import __version__
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.core.snapshot import ServiceSnap, Snapshot, service_snap
from svwatch.shell import textfile
from svwatch.shell.plans import Plans
from svwatch.shell.portrait import Painter, doubted
from svwatch.shell.store import Store, StoreFailed
from svwatch.shell.ward import Ward
from svwatch.shell.watch import Watch

OLDEST = 60.0  # seconds: it says when the last look was, whether anything changed or not
SHARE = 100  # a file that takes 50 ms is not written again within 5 s
ROUND = 0.9  # of an interval: two rounds are never exactly one apart


class Exporter:
    """Writes what *watch* sees after a look: where something changed, or once a minute.

    What goes wrong is complained of once, and stands in `watch.unexported` until it works again.
    """

    def __init__(
        self, watch: Watch, plans: Plans, painter: Painter, complain: Callable[[str], None]
    ) -> None:
        """Write nothing before the first look."""
        self._watch = watch
        self._plans = plans
        self._painter = painter
        self._complain = complain
        self._path: str | None = None
        self._rejected_at: float | None = None
        self._dirty = False
        self._next = 0.0  # CLOCK_MONOTONIC: not sooner
        self._latest = 0.0  # CLOCK_MONOTONIC: at the first look from then on, in any case

    def looked(self, names: Mapping[str, bool], errands: int = 0) -> None:
        """Take note of a turn of *names* (name: whether it was scheduled).

        *errands*: alerts that are on their way.
        """
        path = self._watch.roster.plan.metrics_file
        if path != self._path:
            self._move(path)
        if path is None:
            return
        self._dirty = self._dirty or errands > 0 or bool(self._watch.stepped) or self._rejected()
        now = self._watch.clock()
        due = now.mono >= (self._next if self._dirty else self._latest)
        if due and any(names.values()):
            self._tell(self._write(path, now))
            took = self._watch.clock().mono - now.mono
            gap = max(ROUND * self._watch.roster.plan.interval, SHARE * took)
            self._next, self._latest, self._dirty = now.mono + gap, now.mono + OLDEST, False

    def _rejected(self) -> bool:
        """Whether a configuration was rejected, or taken again, since this was asked last."""
        before, self._rejected_at = self._rejected_at, self._plans.rejected_at
        return before != self._rejected_at

    def _move(self, path: str | None) -> None:
        """Write to *path* from now on; nobody would know that the old file is not written."""
        if self._path is not None:
            self._tell(textfile.remove(self._path))
        self._path, self._next, self._latest = path, 0.0, 0.0
        self._watch.unexported = ""

    def _write(self, path: str, now: Now) -> str:
        from svwatch.view.to_metrics import metrics  # noqa: PLC0415  where a file is wanted

        watch = self._watch
        try:
            picture, totals = self._picture(now, watch.wall()), watch.store.totals()
        except StoreFailed as error:
            return error.reason
        looked = _last_look(watch, now)
        return textfile.replace(path, metrics(picture, totals, version=__version__, looked=looked))

    def _tell(self, why: str) -> None:
        before, self._watch.unexported = self._watch.unexported, why
        if why and why != before:
            self._complain(f"no metrics: {why}")

    def _picture(self, now: Now, wall: float) -> Snapshot:
        """Paint what metrics tell; unlike `status`, without a look into the ledger."""
        wards, plans = self._watch.roster.wards.values(), self._plans
        return Snapshot(
            host="",
            wall=wall,
            services=tuple(_snap(ward, now, wall) for ward in wards),
            routes=self._painter.routes(self._watch.roster.plan),
            rejected=plans.rejected[0] if plans.rejected else None,
        )

    def end(self) -> None:
        """Say in the file that nobody watches any more."""
        if self._path is not None:
            from svwatch.view.to_metrics import farewell  # noqa: PLC0415

            looked = _last_look(self._watch, self._watch.clock())
            text = farewell(version=__version__, looked=looked)
            self._tell(textfile.replace(self._path, text))


def export(plan: Plan, store: Store, snapshot: Snapshot) -> str:
    """Write the file of *plan* once, where there is one; "" or why that was not possible.

    *snapshot* is of all services, by a run without a daemon that has just looked at them.
    """
    if plan.metrics_file is None:
        return ""
    from svwatch.view.to_metrics import metrics  # noqa: PLC0415

    try:
        totals = store.totals()
    except StoreFailed as error:
        return error.reason
    text = metrics(snapshot, totals, version=__version__, looked=snapshot.wall)
    return textfile.replace(plan.metrics_file, text)


def _snap(ward: Ward, now: Now, wall: float) -> ServiceSnap:
    snap = service_snap(
        ward.service, ward.state, now, wall, observation=ward.seen, findings=ward.findings
    )
    return doubted(snap, ward)


def _last_look(watch: Watch, now: Now) -> float | None:
    """Give the wall time of the newest look at anybody."""
    wards: Iterable[Ward] = watch.roster.wards.values()
    looks = [ward.state.looked.mono for ward in wards if ward.state.looked is not None]
    return watch.wall() - (now.mono - max(looks)) if looks else None
