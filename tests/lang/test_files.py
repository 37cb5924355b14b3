"""Whom a file is trusted from."""

import os
import stat
from pathlib import Path

import pytest

from svwatch.lang.files import Unread, read, refusal

ANN, OWN, FOREIGN = 54321, 0, 54322  # nobody's numbers: the groups of ANN are root's alone


def status(mode: int, uid: int, gid: int) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, uid, gid, 1, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "owner", "group", "reader", "refused"),
    [
        (0o600, ANN, FOREIGN, ANN, None),
        (0o644, 0, FOREIGN, ANN, None),
        (0o660, ANN, OWN, ANN, None),
        (0o660, ANN, FOREIGN, ANN, ("can be written by group 54322", "chmod g-w '/a b'")),
        (0o602, ANN, OWN, ANN, ("can be written by everybody", "chmod o-w '/a b'")),
        (0o600, ANN, OWN, 0, ("belongs to user 54321", "chown root '/a b'")),
        (0o600, 9, OWN, ANN, ("belongs to user 9", "chown 54321 '/a b'")),
    ],
)
def test_only_root_and_oneself_may_write_it(
    mode: int, owner: int, *, group: int, reader: int, refused: tuple[str, str] | None
) -> None:
    found = refusal("/a b", status(stat.S_IFREG | mode, owner, group), reader)
    assert found == (None if refused is None else Unread(*refused))


def test_only_a_regular_file_is_one() -> None:
    found = refusal("/x", status(stat.S_IFDIR | 0o700, 0, 0), 0)
    assert found == Unread("is not a regular file")


def test_a_sticky_directory_protects_its_files(tmp_path: Path) -> None:
    path = tmp_path / "shared/file"
    path.parent.mkdir()
    path.write_bytes(b"text")
    path.chmod(0o600)
    path.parent.chmod(0o1777)
    assert read(str(path), os.getuid()) == b"text"
    path.parent.chmod(0o777)
    assert isinstance(read(str(path), os.getuid()), Unread)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    path.chmod(0o600)
    assert read(str(path), os.getuid(), 5) == b"12345"
    assert read(str(path), os.getuid(), 4) == Unread("is larger than 4 bytes")
