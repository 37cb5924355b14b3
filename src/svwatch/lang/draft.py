"""What all files of a configuration say together, with places, nothing resolved."""

from msgspec import Struct

from svwatch.lang.nodes import Entry, Map
from svwatch.lang.place import Place


class Draft(Struct, frozen=True, kw_only=True):
    """A configuration before its meaning: any language may make one.

    *source* is the main file, *base* its directory, *files* all that were read. *top* holds the
    settings of the main file, the rest what all files say together.
    """

    source: str
    base: str
    files: tuple[str, ...]
    place: Place
    top: Map
    alerts: tuple[Entry, ...] = ()
    groups: tuple[Entry, ...] = ()
    services: tuple[Entry, ...] = ()
