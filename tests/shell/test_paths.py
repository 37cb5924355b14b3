"""Where things are, for root, for users, under systemd; and whom a directory may belong to."""

import os
from pathlib import Path

import pytest

from svwatch.shell.paths import config_path, make_dir, socket_path, state_dir, too_long

HOME = {"HOME": "/home/ann"}
XDG = {
    "HOME": "/home/ann",
    "XDG_STATE_HOME": "/x/state",
    "XDG_RUNTIME_DIR": "/run/user/7",
    "XDG_CONFIG_HOME": "/x/config",
}
RELATIVE = dict.fromkeys(XDG, "rel") | HOME
UNIT = {"STATE_DIRECTORY": "/var/lib/sv:/b", "RUNTIME_DIRECTORY": "/run/sv:/b"}


@pytest.mark.parametrize(
    ("environ", "uid", "wanted", "path"),
    [
        ({}, 0, None, "/var/lib/svwatch"),
        (XDG, 0, None, "/var/lib/svwatch"),
        (HOME, 7, None, "/home/ann/.local/state/svwatch"),
        (XDG, 7, None, "/x/state/svwatch"),
        (RELATIVE, 7, None, "/home/ann/.local/state/svwatch"),
        (UNIT, 0, None, "/var/lib/sv"),
        (UNIT, 7, "/mine", "/mine"),
    ],
)
def test_state(environ: dict[str, str], uid: int, wanted: str | None, path: str) -> None:
    assert state_dir(environ, uid, wanted) == path


@pytest.mark.parametrize(
    ("environ", "uid", "wanted", "path"),
    [
        ({}, 0, None, "/run/svwatch/control"),
        (XDG, 0, None, "/run/svwatch/control"),
        (HOME, 7, None, "/tmp/svwatch-7/control"),
        (XDG, 7, None, "/run/user/7/svwatch/control"),
        (RELATIVE, 7, None, "/tmp/svwatch-7/control"),
        (UNIT, 0, None, "/run/sv/control"),
        (UNIT, 0, "/my/socket", "/my/socket"),
    ],
)
def test_socket(environ: dict[str, str], uid: int, wanted: str | None, path: str) -> None:
    assert socket_path(environ, uid, wanted) == path


def test_configuration(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    assert config_path({}, 0) == "/etc/svwatch/svwatch.yaml"
    assert config_path({"SVWATCH_CONFIG": str(tmp_path)}, 0) == f"{tmp_path}/svwatch.yaml"
    assert config_path({"SVWATCH_CONFIG": "/x"}, 0, str(file)) == str(file)
    assert config_path({}, 7, f"{tmp_path}/none/") == f"{tmp_path}/none/svwatch.yaml"
    own = "/x/config/svwatch/svwatch.yaml"
    systems = "/etc/svwatch/svwatch.yaml"
    assert config_path(XDG, 7) == (systems if Path("/etc/svwatch").exists() else own)


def test_a_directory_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0o000, 0o077):
        old = os.umask(umask)
        try:
            for mode in (0o700, 0o755):
                path = tmp_path / f"{umask}" / f"{mode}"
                assert make_dir(str(path), mode, os.geteuid()) == ""
                assert path.stat().st_mode & 0o777 == mode
                assert path.parent.stat().st_mode & 0o777 == 0o755
        finally:
            assert os.umask(old) == umask


def test_a_directory_of_ours_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert make_dir(str(tmp_path), 0o700, os.geteuid()) == ""
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_a_directory_that_others_write_is_refused_with_its_mend(tmp_path: Path) -> None:
    for mode in (0o777, 0o770):
        tmp_path.chmod(mode)
        said = make_dir(str(tmp_path), 0o700, os.geteuid())
        assert said.endswith(f"mend it with: chmod go-w {tmp_path}")
    tmp_path.chmod(0o1777)
    assert make_dir(str(tmp_path), 0o700, os.geteuid()) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A squatter in /tmp must not get our socket, neither by directory nor by link."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    said = make_dir(str(theirs), 0o700, 7)
    assert said == f"{theirs} belongs to uid 65534, neither to root nor to us"
    link = tmp_path / "link"
    link.symlink_to("/")
    assert make_dir(str(link), 0o700, 7) == "", "root's own link is root's own word"
    os.chown(link, 65534, 65534, follow_symlinks=False)
    assert "belongs to uid 65534" in make_dir(str(link), 0o700, 7)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        assert str(path) in make_dir(str(path), 0o700, os.geteuid())


def test_a_socket_path_has_107_bytes_at_most() -> None:
    assert too_long("/" + "x" * 106) == ""
    assert too_long("/" + "é" * 53) == ""
    said = too_long("/" + "x" * 107)
    assert said.startswith("the path of the control socket has 108 bytes, 107 are possible")
    assert "control_socket" in said
