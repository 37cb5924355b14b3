"""What systemd hears, over real datagram sockets."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from svwatch.shell.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@svwatch-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name.replace("@", "\0"))
        ear.setblocking(False)
        yield ear, name


def test_every_word_arrives(systemd: tuple[socket.socket, str]) -> None:
    ear, name = systemd
    line = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"}, 7)
    assert line.ready()
    assert line.status("4 services,\nall ok")
    assert line.reloading(12.5)
    assert line.watchdog()
    assert line.stopping()
    assert [ear.recv(1000) for _ in range(5)] == [
        b"READY=1",
        b"STATUS=4 services, all ok",
        b"RELOADING=1\nMONOTONIC_USEC=12500000",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_wants_half_its_period(environ: dict[str, str], every: float | None) -> None:
    assert Notifier(environ, 7).watchdog_every == every


@pytest.mark.parametrize("name", ["", "relative", "@nobody-there", "/nonexistent/notify"])
def test_without_systemd_nothing_happens(name: str) -> None:
    line = Notifier({"NOTIFY_SOCKET": name}, 7)
    assert not line.ready()
    assert not line.watchdog()


def test_a_deaf_systemd_does_not_hold_us_up(systemd: tuple[socket.socket, str]) -> None:
    _, name = systemd
    line = Notifier({"NOTIFY_SOCKET": name}, 7)
    heard = [line.ready() for _ in range(2000)]  # its queue holds a few hundred (unix(7))
    assert heard[0]
    assert not heard[-1]
