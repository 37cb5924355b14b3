"""Counts the members that are up, and tells where there are fewer than there must be."""

from collections.abc import Mapping

from svwatch.core.family import Family
from svwatch.core.headcount import too_few
from svwatch.core.ledger import Facts, What
from svwatch.core.plan import Level
from svwatch.core.seen import Now
from svwatch.shell.own import Own
from svwatch.shell.ward import Ward

KEY = "members of "  # before a pattern: incidents of svwatch's own


def tally(
    own: Own,
    families: tuple[Family, ...],
    wards: Mapping[str, Ward],
    now: Now,
    told: frozenset[str] = frozenset(),
) -> None:
    """Tell of every pattern once that it has too few members up, and when that ends.

    *told*: patterns of which people hear something already.
    """
    short = _short(families, wards, now)
    for key in [key for key in own.state.incidents if key.startswith(KEY) and key not in short]:
        words = f"{key.removeprefix(KEY)}: enough members are up again"
        facts = Facts(reason=words, span=max(0.0, now.mono - own.state.incidents[key].raised))
        own.clear(now, key, What.ENOUGH, facts)
    for key, (family, words) in short.items():
        if key not in own.state.incidents:
            facts = Facts(reason=f"{family.pattern}: {words}", where=family.where)
            tell = family.pattern not in told
            own.raise_(now, key, What.TOO_FEW, Level.WARNING, facts, tell=tell)


def _short(
    families: tuple[Family, ...], wards: Mapping[str, Ward], now: Now
) -> dict[str, tuple[Family, str]]:
    counted = [family for family in families if family.members is not None]
    if not counted:
        return {}
    services = {name: ward.service for name, ward in wards.items()}
    states = {name: ward.state for name, ward in wards.items()}
    found = [(one, too_few(one, services, states, now)) for one in counted]
    return {f"{KEY}{family.pattern}": (family, words) for family, words in found if words}
