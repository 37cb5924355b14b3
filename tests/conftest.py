"""What all tests share: no property fails because the machine was busy, servers that are closed."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

settings.register_profile("svwatch", deadline=None, print_blob=True)
settings.load_profile("svwatch")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    """Give what closes all servers of a test, in an environment without proxies."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
    with ExitStack() as stack:
        yield stack
