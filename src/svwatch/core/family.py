"""Patterns that name services: who belongs to one, and which part of a name varies."""

import re
from functools import lru_cache

from msgspec import Struct

PART = "{member}"
"""What stands for the varying part of a name in everything that is said of a member."""


class Family(Struct, frozen=True, kw_only=True):
    """One entry whose key is a pattern. *regex* matches a whole name; its group is the part.

    *exclude* are expressions as well. *members*: so many there must be at least (None: any
    number). *where* is its `file:line`.
    """

    pattern: str
    regex: str
    where: str
    exclude: tuple[str, ...] = ()
    members: int | None = None

    def part(self, name: str) -> str | None:
        """Give the part of *name* that varies; None where it is no member."""
        found = compiled(self.regex).fullmatch(name)
        if found is None or not found[1]:
            return None
        return None if any(compiled(one).fullmatch(name) for one in self.exclude) else found[1]


@lru_cache(maxsize=256)
def compiled(regex: str) -> re.Pattern[str]:
    """Give *regex* ready for use: it is asked of every name again and again."""
    return re.compile(regex)


def members_of(families: tuple[Family, ...], name: str) -> tuple[str, ...]:
    """Give the patterns that name *name*, the more general first."""
    found = [family.pattern for family in families if family.part(name) is not None]
    return tuple(sorted(found, key=lambda pattern: (len(pattern), pattern)))
