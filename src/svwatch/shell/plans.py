"""Which configuration is in force, and what became of the last one that was offered."""

from collections.abc import Callable

from svwatch.core.ledger import Facts, Line, What
from svwatch.core.level import Level
from svwatch.core.plan import Plan
from svwatch.core.seen import Now
from svwatch.shell.compile import Compiled
from svwatch.shell.last_routes import LastRoutes
from svwatch.shell.notes import LOADED, OBSERVING, REJECTED
from svwatch.shell.own import Own
from svwatch.shell.store import Store, StoreFailed

MOST = 20  # errors that go into the ledger


class Plans:
    """The plan in force, and why a newer one is not. *own* tells of both."""

    def __init__(
        self, store: Store, own: Own, last: LastRoutes, complain: Callable[[str], None]
    ) -> None:
        """Go on from what *store* knows; *complain* of what cannot be kept."""
        self._store = store
        self._own = own
        self._last = last
        self._complain = complain
        self.plan: Plan | None = None
        self.loaded: float | None = None  # wall time, unix seconds
        self.rejected: tuple[str, ...] = ()
        self.rejected_at: float | None = None

    def accept(self, plan: Plan, now: Now, wall: float) -> None:
        """Take *plan* as the one in force."""
        if self.plan is not None or self.rejected or self._noted(REJECTED):
            count = len(plan.services)
            reason = f"{plan.source}: {count} service{'s' * (count != 1)}"
            self._own.record(now, What.CONFIG_LOADED, facts=Facts(reason=reason))
        self.plan, self.loaded = plan, wall
        self.rejected, self.rejected_at = (), None
        self.keep(LOADED, f"{wall:.0f}")
        if not plan.observe:
            self.keep(OBSERVING, "")
        elif not self._noted(OBSERVING):
            self.keep(OBSERVING, f"{wall:.0f}")
        self.keep(REJECTED, "")
        if why := self._last.keep(plan.routes):
            self._complain(f"the routes are not kept for a bad configuration: {why}")

    def reject(self, compiled: Compiled, now: Now, wall: float) -> None:
        """Keep what is in force; say why, once for the same errors."""
        self.rejected, self.rejected_at = compiled.errors, wall
        words = "\n".join(compiled.errors)
        if words == self._noted(REJECTED):
            return
        consequence = (
            "svwatch does not start" if self.plan is None else "the old one stays in force"
        )
        more = f" (and {len(compiled.errors) - 1} more)" if len(compiled.errors) > 1 else ""
        reason = f"{compiled.errors[0]}{more}; {consequence}"
        facts = Facts(reason=reason, watching=self.plan is not None)
        lines = tuple(Line(now.mono, "error", error) for error in compiled.errors[:MOST])
        self._own.record(
            now, What.CONFIG_REJECTED, Level.CRITICAL, facts=facts, lines=lines, told=True
        )
        self.keep(REJECTED, words)

    @property
    def observing(self) -> float:
        """Since when nothing is acted upon, wall time in unix seconds; 0: unknown."""
        return float(self._noted(OBSERVING) or 0)

    def _noted(self, key: str) -> str:
        try:
            return self._store.noted(key) or ""
        except StoreFailed:
            return ""

    def keep(self, key: str, value: str) -> None:
        """Note *value* under *key*, unless that is known."""
        if self._noted(key) == value:
            return
        try:
            self._store.note(key, value)
        except StoreFailed as error:
            self._complain(f"{key}: not on record: {error.reason}")
