"""Which file is the configuration."""

import os
from pathlib import Path

from svwatch.lang.find import find


def test_what_is_named_is_taken(tmp_path: Path) -> None:
    environ = {"SVWATCH_CONFIG": str(tmp_path)}
    assert find("/x/y.yaml", environ, uid=0) == "/x/y.yaml"
    assert find(str(tmp_path), {}, uid=0) == str(tmp_path / "svwatch.yaml")
    assert find(None, environ, uid=0) == str(tmp_path / "svwatch.yaml")


def test_the_usual_places_are_asked_in_order(tmp_path: Path) -> None:
    system, home = tmp_path / "etc", tmp_path / "home"
    for place in (system, home / ".config/svwatch", tmp_path / "xdg/svwatch"):
        place.mkdir(parents=True)
    environ = {"HOME": str(home)}

    def found(uid: int, **more: str) -> str:
        path = find(None, {**environ, **more}, uid=uid, system=str(system))
        return os.path.relpath(path, tmp_path)

    assert found(1000) == "etc/svwatch.yaml"  # named in the message that there is none
    (home / ".config/svwatch/svwatch.yaml").touch()
    (tmp_path / "xdg/svwatch/svwatch.yaml").touch()
    assert found(1000) == "home/.config/svwatch/svwatch.yaml"
    assert found(1000, XDG_CONFIG_HOME=str(tmp_path / "xdg")) == "xdg/svwatch/svwatch.yaml"
    assert found(0) == "etc/svwatch.yaml"
    (system / "svwatch.yaml").touch()
    assert found(1000) == "etc/svwatch.yaml"
