"""Golden files: compared exactly, written anew with SVWATCH_GOLDEN=write."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden" / "view"


def check(name: str, text: str) -> None:
    """Hold *text* to the golden file *name*."""
    path = FOLDER / name
    if os.environ.get("SVWATCH_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden file {name}: SVWATCH_GOLDEN=write makes it"
    assert text == path.read_text(encoding="utf-8")
