"""Actors and services for the tests of the probe."""

from collections.abc import Iterator

import pytest

from svwatch.core.plan import Service
from tests.probe.stage import Actor, Casting, Stage


@pytest.fixture
def actor() -> Iterator[Stage]:
    """Make actors that leave the stage with the test."""
    cast: list[Actor] = []

    def make(*, env: dict[str, str] | None = None, session: bool = False) -> Actor:
        cast.append(Actor(env=env, session=session))
        return cast[-1]

    yield make
    for one in cast:
        one.close()


@pytest.fixture
def service() -> Casting:
    """Make services."""

    def make(
        *, name: str = "w", pidfile: str | None = None, service_dir: str | None = None
    ) -> Service:
        return Service(name=name, where="t:1", pidfile=pidfile, service_dir=service_dir)

    return make
