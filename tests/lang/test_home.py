"""Where the state of a configuration is that cannot be loaded."""

from pathlib import Path

import pytest

from svwatch.lang.load import load


@pytest.mark.parametrize(
    ("text", "state_dir"),
    [
        ("state_dir: /var/lib/sv\nservices: {}\n", "/var/lib/sv"),
        ("state_dir: /var/lib/sv\nsevrices: {}\n", "/var/lib/sv"),  # a wrong key
        ("state_dir: /var/lib/sv\nservices: {\n", "/var/lib/sv"),  # no YAML at all
        ("services: {\nstate_dir: '/var/lib/s v'  # here\n", "/var/lib/s v"),
        ('services: {\nstate_dir: "/var/lib/sv"\n', "/var/lib/sv"),
        ("services: {\n  state_dir: /var/lib/sv\n", None),  # of something else
        ("services: {\nstate_dir: somewhere\n", None),
        ("services: {\n", None),
    ],
)
def test_what_can_be_seen_of_it(tmp_path: Path, text: str, state_dir: str | None) -> None:
    path = tmp_path / "svwatch.yaml"
    path.write_text(text)
    path.chmod(0o600)
    assert load(str(path), {}, uid=path.stat().st_uid).state_dir == state_dir


def test_a_file_that_others_may_write_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "svwatch.yaml"
    path.write_text("state_dir: /tmp/mine\n")
    path.chmod(0o666)
    loaded = load(str(path), {}, uid=path.stat().st_uid)
    assert (loaded.plan, loaded.state_dir) == (None, None)
