"""Every kind of mistake, in files, and the lines that tell of them.

A golden text is written anew with SVWATCH_GOLDEN=write in the environment; read it then.
"""

import os
import shutil
from pathlib import Path

import pytest

from svwatch.lang.load import load
from svwatch.lang.problem import show

GOLDEN = Path(__file__).resolve().parent.parent / "golden/lang"
CASES = sorted(path.name for path in GOLDEN.iterdir())


def told(case: str, place: Path) -> str:
    copy = place / case  # ours: the checkout may belong to somebody else, and be refused
    shutil.copytree(GOLDEN / case, copy, copy_function=shutil.copyfile)
    environ = {"TOKEN": "hunter2", "SVDIR": "/nowhere"}
    found = load(str(copy / "svwatch.yaml"), environ, uid=os.getuid(), domain="web1.example.net")
    remarks = found.plan.remarks if found.plan else ()
    lines = [show(problem) for problem in found.problems] + [f"({each})" for each in remarks]
    return "".join(f"{line}\n" for line in lines).replace(str(place), "TMP")


@pytest.mark.parametrize("case", CASES)
def test_the_problems_of_a_file_are_told_as_they_should_be(case: str, tmp_path: Path) -> None:
    expected = GOLDEN / case / "problems.txt"
    found = told(case, tmp_path)
    if os.environ.get("SVWATCH_GOLDEN") == "write":
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_told(case: str, tmp_path: Path) -> None:
    assert "hunter2" not in told(case, tmp_path)
