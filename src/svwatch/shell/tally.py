"""Counts the members that are up, and tells where there are fewer than there must be."""

from collections.abc import Iterable, Mapping, Sequence

from svwatch.core.family import Family
from svwatch.core.headcount import is_plainly_up, too_few
from svwatch.core.ledger import Facts, What
from svwatch.core.level import Level
from svwatch.core.seen import Now
from svwatch.shell.own import Own
from svwatch.shell.ward import Ward

KEY = "members of "  # before a pattern: incidents of svwatch's own


Counted = Sequence[tuple[Family, Sequence[str]]]
"""Patterns that must have so many members, and who these are."""


def counted(families: tuple[Family, ...], names: Iterable[str]) -> Counted:
    """Give the members among *names* of those of *families* that are counted."""
    every = tuple(names)
    return [
        (family, [name for name in every if family.part(name) is not None])
        for family in families
        if family.members is not None
    ]


def tally(
    own: Own, who: Counted, wards: Mapping[str, Ward], now: Now, told: frozenset[str]
) -> None:
    """Tell of every pattern once that it has too few members up, and when that ends.

    *told*: patterns of which people hear something already.
    """
    short = _short(who, wards, now)
    for key in [key for key in own.state.incidents if key.startswith(KEY) and key not in short]:
        words = f"{key.removeprefix(KEY)}: enough members are up again"
        facts = Facts(reason=words, span=max(0.0, now.mono - own.state.incidents[key].raised))
        own.clear(now, key, What.ENOUGH, facts)
    for key, (family, words) in short.items():
        if key not in own.state.incidents:
            facts = Facts(reason=f"{family.pattern}: {words}", where=family.where)
            tell = family.pattern not in told
            own.raise_(now, key, What.TOO_FEW, Level.WARNING, facts, tell=tell)


def _short(who: Counted, wards: Mapping[str, Ward], now: Now) -> dict[str, tuple[Family, str]]:
    found = {}
    for family, names in who:
        members = [wards[name] for name in names if name in wards]
        if sum(is_plainly_up(ward.state) for ward in members) >= (family.members or 0):
            continue
        if words := too_few(family, [(ward.service, ward.state) for ward in members], now):
            found[f"{KEY}{family.pattern}"] = (family, words)
    return found
