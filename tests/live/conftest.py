"""A host of its own for every live test, and a mail server for those that want one."""

from collections.abc import Iterator

import pytest

from tests.live.post import Post
from tests.live.rig import Rig, free_port
from tests.live.tools import CI, RUNIT, missing


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Give an empty rig, and afterwards see that nothing of it is left."""
    if absent := missing(*RUNIT):
        why = f"runit is not installed: no {', '.join(absent)} on PATH"
        (pytest.fail if CI else pytest.skip)(why)
    made = Rig()
    failed = request.session.testsfailed
    try:
        yield made
    finally:
        if request.session.testsfailed > failed:
            print(made.story())
            for daemon in made.daemons[-1:]:
                for event in daemon.events():
                    print(
                        event.number,
                        event.service,
                        event.what,
                        event.facts,
                        *event.lines,
                        sep="\n  ",
                    )
        made.down()


@pytest.fixture
def post() -> Iterator[Post]:
    """Give a mail server that is not open yet."""
    made = Post(free_port())
    try:
        yield made
    finally:
        made.close()
