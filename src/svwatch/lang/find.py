"""Which file is the configuration, where nobody said so."""

import os
from collections.abc import Iterator, Mapping

NAME = "svwatch.yaml"
SYSTEM = "/etc/svwatch"


def find(given: str | None, environ: Mapping[str, str], *, uid: int, system: str = SYSTEM) -> str:
    """Give the main file: *given*, $SVWATCH_CONFIG, /etc/svwatch/, for others than root XDG's.

    A directory means the svwatch.yaml in it. What was named is taken though it may not exist
    (reading it will say so); of the usual places the first that has one, else the first.
    """
    named = given or environ.get("SVWATCH_CONFIG")
    if named:
        return _in(named)
    places = [os.path.join(place, NAME) for place in _places(environ, uid, system)]
    return next((place for place in places if os.path.exists(place)), places[0])


def _in(path: str) -> str:
    return os.path.join(path, NAME) if os.path.isdir(path) else path


def _places(environ: Mapping[str, str], uid: int, system: str) -> Iterator[str]:
    yield system
    if uid != 0:
        home = environ.get("HOME", "")
        config = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
        if config:
            yield os.path.join(config, "svwatch")
