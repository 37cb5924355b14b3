"""Real cron runs the file that `etc/cron.d` ships: one mail for one change, and no other."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from svwatch.core.ledger import What
from svwatch.shell.store import Store
from tests.live.rig import Rig, script
from tests.live.test_check import whats
from tests.live.tools import CI, libfaketime
from tests.live.waiting import until

pytestmark = pytest.mark.live

SHIPPED = Path(__file__).resolve().parents[2] / "etc/cron.d/svwatch"
FAST = 20  # a minute of cron is 3 s
RULES = """
services:
  one:
    supervisor: runit
    rules: |
      if totalmem > 60 MB for 2 cycles then restart
      if changed pid then alert
"""
# cron knows its places by heart: it gets a host of its own to look at (mount_namespaces(7))
HOST = """set -e
mount --bind {root}/cron.d /etc/cron.d
mount --bind {root}/spool /var/spool/cron
mount --bind {root}/sbin /usr/sbin
mount --bind {root}/run /run
mount --bind /dev/null /etc/crontab
export LD_PRELOAD={faketime} FAKETIME='+0 x{fast}' NO_FAKE_STAT=1
exec /usr/sbin/cron -f -L 0
"""


def wanting() -> str:
    """Say what keeps cron from running here; "" for nothing."""
    if shutil.which("cron") is None and not Path("/usr/sbin/cron").exists():
        return "cron is not installed"
    if libfaketime() is None:
        return "libfaketime is not installed: minutes would last a minute"
    if not Path(sys.executable).with_name("svwatch").exists():
        return "svwatch is not installed"
    mount = ["unshare", "-m", "mount", "--bind", "/dev/null", "/etc/crontab"]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    return f"nothing can be mounted for cron: {done.stderr.strip()}" if done.returncode else ""


def cron(rig: Rig, config: Path) -> Path:
    """Start cron with our file of the shipped name; give where its mails arrive."""
    for name in ("cron.d", "spool/crontabs", "sbin", "run", "mail"):
        (rig.root / name).mkdir(parents=True)
    shutil.copy("/usr/sbin/cron", rig.root / "sbin/cron")
    script(rig.root / "sbin/sendmail", f"exec cat > {rig.root}/mail/$$")
    here = f"{Path(sys.executable).parent}:"
    text = SHIPPED.read_text().replace("PATH=", f"SVWATCH_CONFIG={config}\nPATH={here}", 1)
    (rig.root / "cron.d/svwatch").write_text(text)
    words = {"root": rig.root, "faketime": libfaketime(), "fast": FAST}
    rig.start("unshare", "-m", "sh", "-c", HOST.format(**words))
    return rig.root / "mail"


def runs(rig: Rig) -> int:
    """Give how many scheduled looks there were."""
    store = Store.open_readonly(str(rig.root / "state"))
    if store is None:
        return 0
    try:
        saved = store.states().get("one")
        return saved.state.cycle if saved is not None else 0
    finally:
        store.close()


def more(rig: Rig, count: int = 3) -> None:
    """Wait for *count* more runs."""
    before = runs(rig)
    until(lambda: runs(rig) >= before + count, f"{count} more runs of cron", seconds=40)


def lines(mail: Path) -> list[str]:
    """Give what was mailed, line by line, without headers."""
    return mail.read_text().partition("\n\n")[2].splitlines()


def test_cron_mails_what_changed_and_nothing_else(rig: Rig) -> None:
    if why := wanting():
        (pytest.fail if CI else pytest.skip)(why)
    worker = rig.worker("one")
    config = rig.config(RULES)
    rig.up()
    worker.started(1)
    mails = cron(rig, config)
    more(rig)
    assert list(mails.iterdir()) == [], "all is well"

    worker.leak(80)
    worker.started(2, seconds=40)
    until(lambda: list(mails.iterdir()), "a mail", seconds=20)
    more(rig)
    (first,) = mails.iterdir()
    (said,) = lines(first)
    assert " one restarted, fixed: totalmem " in said
    assert (worker.starts, worker.seconds, len(worker.heard())) == (2, 0, 1)

    worker.kill()
    until(lambda: len(list(mails.iterdir())) > 1, "a second mail", seconds=40)
    more(rig)
    (second,) = set(mails.iterdir()) - {first}
    assert len(lines(second)) == 1
    assert sorted(whats(rig)) == sorted([What.RESTART_FIXED, What.RESTARTED])
