"""What `etc/` ships is read by the programs that will read it, as far as they are here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ETC = ROOT / "etc"
SCRIPTS = sorted(path for path in (ETC / "sv").rglob("*") if path.is_file())
CI = [ROOT / ".ci/run", ROOT / ".ci/venv", ROOT / ".ci/tools"]
UNIT = ETC / "systemd/svwatch.service"
CRON = ETC / "cron.d/svwatch"


def test_the_service_directory_is_whole() -> None:
    names = {str(path.relative_to(ETC / "sv/svwatch")) for path in SCRIPTS}
    assert names == {"run", "log/run", "check", "finish"}


@pytest.mark.parametrize("path", [*SCRIPTS, *CI], ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_are_executable_and_parse(path: Path) -> None:
    assert os.access(path, os.X_OK), f"{path} cannot be executed"
    shell = path.read_text().partition("\n")[0].removeprefix("#!")
    assert shell in {"/bin/sh", "/bin/bash"}
    parsed = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (parsed.returncode, parsed.stderr) == (0, "")


@pytest.mark.parametrize("name", ["run", "log/run"])
def test_run_scripts_become_what_they_run(name: str) -> None:
    lines = (ETC / "sv/svwatch" / name).read_text().rstrip().splitlines()
    assert lines[-1].startswith("exec "), "runsv must signal the program itself, not a shell"
    assert "exec 2>&1" in lines


@pytest.mark.parametrize(("code", "slow"), [("0", False), ("-1", False), ("1", True), ("3", True)])
def test_only_an_ending_by_itself_is_slowed_down(code: str, *, slow: bool) -> None:
    # `sleep` becomes a word that is printed: the decision is tested, not the clock
    script = (ETC / "sv/svwatch/finish").read_text().replace("sleep 5", "echo slept")
    done = subprocess.run(
        ["/bin/sh", "-c", script, "finish", code, "0"], capture_output=True, text=True, check=True
    )
    assert ("slept" in done.stdout) is slow


def verify(place: Path, text: str) -> list[str]:
    """Give what systemd says of a unit; what it says of the host's other units is not ours."""
    unit = place / "svwatch.service"
    # it wants the programs to exist, which they do only where svwatch is installed
    unit.write_text(text.replace("/usr/local/bin/svwatch", "/bin/true"))
    argv = ["systemd-analyze", "verify", "--man=no", str(unit)]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    return [line for line in (said.stdout + said.stderr).splitlines() if "svwatch" in line]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    assert verify(tmp_path, UNIT.read_text()) == []
    for right, wrong in (("KillMode=process", "KillMode=gently"), ("WatchdogSec", "WatchDogSec")):
        assert verify(tmp_path, UNIT.read_text().replace(right, wrong)) != []


def test_the_unit_spares_the_workers() -> None:
    settings = dict(re.findall(r"^([A-Za-z]+)=(.*)$", UNIT.read_text(), flags=re.MULTILINE))
    assert settings["KillMode"] == "process"
    assert settings["Type"] == "notify"
    inherited = {
        name for name in settings if re.match(r"Protect|Private|Restrict|System|No|OOM", name)
    }
    assert inherited - {"NotifyAccess"} == set(), "a started worker would inherit these"


def test_cron_reads_the_crontab() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", CRON.name), "cron(8) ignores any other name"
    text = CRON.read_text()
    assert text.endswith("\n"), "cron(8) ignores an unterminated last line"
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("PATH=")
    assert "$" not in lines[0], "crontab(5) expands nothing"
    assert lines[1].split(None, 6) == ["*"] * 5 + ["root", "svwatch --check -q"]
    assert "%" not in lines[1]
