"""Small files, and what goes wrong with them."""

import errno
import os
from pathlib import Path

import pytest

from svwatch.probe.content import attempt, content, whole


@pytest.mark.parametrize("size", [0, 1, 2999, 3000, 4096, 4097, 200_000])
def test_all_of_a_file_that_is_open(tmp_path: Path, size: int) -> None:
    raw = os.urandom(size)
    (tmp_path / "x").write_bytes(raw)
    fd = os.open(tmp_path / "x", os.O_RDONLY)
    assert whole(fd) == raw
    assert whole(fd) == raw
    os.close(fd)


def test_what_goes_wrong_is_a_number(tmp_path: Path) -> None:
    assert attempt(str(tmp_path / "none")) == errno.ENOENT
    assert attempt(str(tmp_path)) == errno.EISDIR
    assert attempt("a\0b") == errno.EINVAL
    assert content(str(tmp_path)) is None
