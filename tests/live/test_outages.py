"""Post offices that are closed, busy or half deaf, and a daemon that is killed meanwhile."""

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from msgspec import Struct

from svwatch.core.ledger import What
from tests.live.certificates import authority, covered
from tests.live.daemon import Daemon
from tests.live.mail_office import MailOffice
from tests.live.rig import Rig
from tests.live.subject import Subject
from tests.live.tools import libfaketime
from tests.live.waiting import until
from tests.live.web_office import Say, Tunnel, WebOffice

pytestmark = pytest.mark.live

SOON = {"SVWATCH_RETRY_BASE": "0.1"}  # seconds until the second try
HOUR = {"FAKETIME": "+3600", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
CHILD = b"svwatch.shell.deliver"
NAMES = ("one", "two", "three", "four", "five")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give what closes all servers of a test."""
    with ExitStack() as stack:
        yield stack


def watching(rig: Rig, *names: str) -> dict[str, Subject]:
    """Start workers that are told of when they restart."""
    workers = {name: rig.worker(name) for name in names}
    rig.up()
    for worker in workers.values():
        worker.started(1)
    return workers


def configure(rig: Rig, alerts: str) -> None:
    rules = "".join(
        f"  {link.name}: {{supervisor: runit, rules: if changed pid then alert}}\n"
        for link in sorted(rig.services.iterdir())
    )
    rig.config(f"alerts:\n{alerts}services:\n{rules}")


def mail(port: int, *to: str) -> str:
    """Give a route of mail that gathers nothing and holds nothing back."""
    way = f"{{to: [{', '.join(to)}], from: svwatch@example.net, server: localhost, port: {port}}}"
    return f"  ops: {{mail: {way}, gather: 0s, rate: 1000 per 10m}}\n"


class Owed(Struct, frozen=True):
    """One row of the outbox."""

    id: int
    target: str
    status: str
    message_id: str
    service: str
    answer: str


def outbox(rig: Rig) -> list[Owed]:
    """Give what is on record of all letters, oldest first."""
    path = rig.root / "state" / "svwatch.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        asked = f"SELECT {', '.join(Owed.__struct_fields__)} FROM outbox ORDER BY id"
        return [Owed(*row) for row in base.execute(asked)]


def restart(daemon: Daemon, worker: Subject) -> None:
    """Let one restart be on record."""
    times = worker.starts
    before = len(daemon.events(worker.name))
    worker.kill()
    worker.started(times + 1)
    until(lambda: len(daemon.events(worker.name)) > before, f"the restart of {worker.name}")


# --- one lane that is stuck ----------------------------------------------------------------------


def test_one_bad_recipient_delays_nobody(rig: Rig, stack: ExitStack) -> None:
    office = stack.enter_context(MailOffice())
    office.refuses["bob@example.net"] = "550 5.1.1 no such user"
    workers = watching(rig, "one", "two")
    configure(rig, mail(office.port, "bob@example.net", "ann@example.net"))
    daemon = rig.watch(SOON)
    daemon.knows("one", "two")
    for number, worker in enumerate(workers.values(), 1):
        restart(daemon, worker)
        assert office.take(number)["To"] == "ann@example.net"
    until(lambda: of(rig, "bob@example.net") == {"dead": 2}, "both dead letters", seconds=15)
    (why,) = {letter.answer for letter in outbox(rig) if letter.status == "dead"}
    assert why == "550 5.1.1 no such user"
    assert "550 5.1.1 no such user" in rig.ask("status")
    assert "bob@example.net" in str(office.take(3)["Subject"]), "and ann is told of bob"
    assert all(mail["To"] == "ann@example.net" for _, mail in office.mails)


def of(rig: Rig, target: str) -> Counter[str]:
    """Give how many letters to *target* are in which state."""
    return Counter(one.status for one in outbox(rig) if one.target == target)


def test_a_busy_slack_is_left_alone_as_long_as_it_asks_and_a_webhook_is_not(
    rig: Rig, stack: ExitStack, tmp_path: Path
) -> None:
    web = stack.enter_context(WebOffice())
    busy = Say(429, "rate_limited", {"Retry-After": "3"})
    tls = covered(authority(tmp_path), "hooks.slack.com")
    slack = stack.enter_context(WebOffice(busy, Say(), tls=tls))
    proxy = stack.enter_context(Tunnel(slack.server_port))
    (worker,) = watching(rig, "one").values()
    secret = rig.root / "slack.url"
    secret.write_text("https://hooks.slack.com/services/T0123456789/B0123456789/abcdefghijklmnop\n")
    secret.chmod(0o600)
    hook = f"  hook: {{webhook: {web.url}, gather: 0s}}\n"
    configure(rig, f"  slack: {{url_file: {secret}, gather: 0s}}\n{hook}")
    env = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    daemon = rig.watch(SOON | env)
    daemon.knows("one")
    restart(daemon, worker)
    began = time.monotonic()
    until(lambda: web.heard, "the document")
    until(lambda: len(slack.heard) == 2, "the second try", seconds=15)
    assert time.monotonic() - began > 2.0, "it asked for 3 s"
    text = json.loads(slack.heard[1].body)["text"]
    assert "*one*" in text.splitlines()[0]
    assert "svwatch why" in text
    document = json.loads(web.heard[0].body)
    assert (document["service"], document["schema_version"]) == ("one", 1)
    until(lambda: {one.status for one in outbox(rig)} == {"sent"}, "the receipts")
    assert {one.answer for one in outbox(rig)} == {"ok"}


# --- kills at random instants --------------------------------------------------------------------


def test_an_hour_without_mail_and_kills_in_between_lose_nothing(rig: Rig, stack: ExitStack) -> None:
    """Each alert arrives at least once, in order; where its receipt was on record, once."""
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    chance = random.Random(seed)
    office = MailOffice()
    stack.callback(office.close)
    workers = watching(rig, *NAMES)
    configure(rig, mail(office.port, "ann@example.net"))
    env, on_record = dict(SOON), Counter[str]()
    daemon = rig.watch(env)
    daemon.knows(*NAMES)
    for round_, name in enumerate(NAMES):
        restart(daemon, workers[name])
        if round_ == 1:
            office.open()
        pause(chance.uniform(0.0, 0.4))
        for child in children(rig)[: chance.randrange(2)]:
            os.kill(child, signal.SIGKILL)
        pause(chance.uniform(0.0, 0.6))
        daemon.end(signal.SIGKILL)
        on_record |= receipts(rig, office)
        if round_ == 2:
            office.close()
            env |= an_hour_later()
        if round_ == 3:
            office.open()
        daemon = rig.watch(env)
        daemon.knows(*NAMES)
    until(lambda: {one.status for one in outbox(rig)} <= {"sent", "folded"}, "all", seconds=30)
    assert [one.service for one in outbox(rig) if one.status == "sent"][:5] == list(NAMES)
    arrived = [str(one["Message-ID"]) for _, one in office.mails]
    told = [one.message_id for one in outbox(rig) if one.status == "sent"]
    assert list(dict.fromkeys(arrived)) == told
    for message_id, times in on_record.items():
        assert arrived.count(message_id) == times, "sent again in spite of its receipt"


def pause(seconds: float) -> None:
    """Let things go on for a while that nothing shows the end of."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() >= end, "an instant")


def children(rig: Rig) -> list[int]:
    """Give the delivering children."""
    return [pid for pid in rig.keeper.alive() if CHILD in cmdline(pid)]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def receipts(rig: Rig, office: MailOffice) -> Counter[str]:
    """Give how often each letter arrived whose receipt is on record."""
    known = {one.message_id for one in outbox(rig) if one.status == "sent"}
    arrived = (str(one["Message-ID"]) for _, one in office.mails)
    return Counter(message_id for message_id in arrived if message_id in known)


def an_hour_later() -> dict[str, str]:
    """Give the environment of a process for which the outage took an hour, where that can be."""
    library = libfaketime()
    return {} if library is None else {"LD_PRELOAD": library, **HOUR}


def test_a_daemon_killed_while_its_child_hangs_tells_it_all_the_same(
    rig: Rig, stack: ExitStack
) -> None:
    office = stack.enter_context(MailOffice())
    office.hanging = True
    (worker,) = watching(rig, "one").values()
    configure(rig, mail(office.port, "ann@example.net"))
    daemon = rig.watch(SOON)
    daemon.knows("one")
    worker.kill()
    daemon.event("one", What.RESTARTED)
    assert office.hung.wait(20)
    daemon.end(signal.SIGKILL)
    office.hanging = False
    rig.watch(SOON)
    assert "one" in office.take()["Subject"]
    until(lambda: outbox(rig)[0].status == "sent", "the receipt")
