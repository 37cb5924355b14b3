"""What the tests of the languages share: a configuration that is written out and loaded."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from svwatch.lang.load import Loaded, load

Write = Callable[..., Loaded]


@pytest.fixture
def loaded(tmp_path: Path) -> Write:
    """Give a function that writes files (the first is the main one) and loads them."""

    def write(text: str, environ: dict[str, str] | None = None, **more: str) -> Loaded:
        for name, content in {"svwatch": text, **more}.items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(content)
            path.chmod(0o600)
        main = str(tmp_path / "svwatch.yaml")
        return load(main, environ or {}, uid=os.getuid(), domain="web1.example.net")

    return write
