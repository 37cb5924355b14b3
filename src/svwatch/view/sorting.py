"""Many messages put in order for one: by service, by what came of it, the worst first."""

from msgspec import Struct

from svwatch.core.ledger import What, Why
from svwatch.core.level import LOUDNESS, Level
from svwatch.view.letter import Item

RANK = {level: -loud for level, loud in LOUDNESS.items()}  # the loudest first
OUTCOMES = {
    What.RESTART_BEGUN: "restarting",
    What.RESTART_FIXED: "fixed",
    What.RESTART_FAILED: "not restarted",
    What.RESTART_WITHDRAWN: "restart withdrawn",
    What.START_BEGUN: "starting",
    What.START_FIXED: "started",
    What.START_FAILED: "not started",
    What.STOP_BEGUN: "stopping",
    What.OVER: "over a limit",
    What.RULE: "under an alert rule",
    What.BACK: "well again",
    What.MONITORED: "monitored again",
    What.EXEC: "ran a command",
    What.SIGNALLED: "signalled",
}
"""How it stands with a service after an event, where the kind of event does not say it."""


def outcome(item: Item) -> str:
    """Say in a word or two how it stands with a service."""
    if item.why is Why.CLEARED and item.what not in {What.MONITORED, What.FORGOTTEN}:
        return "well again"
    return OUTCOMES.get(item.what, item.what.value)


def loudness(item: Item) -> Level:
    """Give how loud *item* is in a list: what is over is not loud."""
    return Level.NOTICE if item.why is Why.CLEARED else item.level


class Story(Struct, frozen=True):
    """All that is told of one service: *last* and how it stands, *many* messages in all."""

    last: Item
    many: int

    @property
    def level(self) -> Level:
        """How loud it is as it stands."""
        return loudness(self.last)


def stories(items: tuple[Item, ...]) -> list[Story]:
    """Give one story for each service, the worst first, else by name."""
    found: dict[str, Story] = {}
    for item in items:
        before = found.get(item.service)
        found[item.service] = Story(item, 1 if before is None else before.many + 1)
    return sorted(found.values(), key=lambda one: (RANK[one.level], one.last.service))


def by_outcome(found: list[Story]) -> list[tuple[str, list[Story]]]:
    """Put those together that stand alike: the worst first, else the most."""
    groups: dict[tuple[int, str], list[Story]] = {}
    for one in found:
        groups.setdefault((RANK[one.level], outcome(one.last)), []).append(one)
    ordered = sorted(groups.items(), key=lambda pair: (pair[0][0], -len(pair[1]), pair[0][1]))
    return [(word, some) for (_, word), some in ordered]


def worst(found: list[Story]) -> Level:
    """Give the loudest level of all."""
    return min((one.level for one in found), key=lambda level: RANK[level], default=Level.NOTICE)
