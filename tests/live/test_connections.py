"""Services that run and do not answer: real servers, and small ones with bad habits."""

import shutil
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from svwatch.core.event import Event
from svwatch.core.ledger import What
from tests.live.daemon import Daemon
from tests.live.rig import Rig, free_port
from tests.live.tools import CI, missing
from tests.live.waiting import throughout, until

pytestmark = pytest.mark.live

SERVER = Path(__file__).with_name("subjects") / "server.py"


def needs(*programs: str) -> None:
    """Skip where a Debian package is not installed; where CI runs that is a failure."""
    if absent := missing(*programs):
        (pytest.fail if CI else pytest.skip)(f"not installed: {', '.join(absent)}")


class Server:
    """One small web server with a habit, under runit."""

    def __init__(self, rig: Rig, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.place = rig.root / "work" / name
        self.place.mkdir(parents=True)
        argv = f"{sys.executable} -I -S {SERVER} {self.place} {self.port}"
        rig.service(name, f"echo $$ >> {self.place}/pids\nexec {argv}")

    def habit(self, habit: str) -> None:
        """Change how it treats its callers."""
        (self.place / "habit").write_text(habit)

    @property
    def starts(self) -> int:
        """How often it was started."""
        path = self.place / "pids"
        return len(path.read_text().splitlines()) if path.exists() else 0

    @property
    def calls(self) -> list[str]:
        """The habits by which callers were treated."""
        path = self.place / "calls"
        return path.read_text().splitlines() if path.exists() else []


def config(rig: Rig, rules: dict[str, str]) -> None:
    lines = ["services:"]
    for name, rule in rules.items():
        lines += [f"  {name}:", "    supervisor: runit", "    rules: |", f"      {rule}"]
    rig.config("\n".join(lines) + "\n", settle="0.5s", start_timeout="1s")


def watched(rig: Rig, servers: list[Server], rules: dict[str, str]) -> Daemon:
    config(rig, rules)
    rig.up()
    daemon = rig.watch()
    daemon.knows(*rules)
    until(lambda: all(server.calls for server in servers), "the first calls")
    return daemon


def http(port: int, more: str = "") -> str:
    return f"if failed port {port} protocol http {more} timeout 0.3s for 2 cycles then"


@pytest.mark.parametrize(
    ("habit", "why"),
    [
        ("hang", "no HTTP answer within 0.3s"),
        ("drip", "no complete HTTP answer within 0.3s"),
        ("error", "HTTP status 500"),
        ("shut", "connection"),
    ],
)
def test_a_server_that_does_not_answer_is_restarted(rig: Rig, habit: str, why: str) -> None:
    server = Server(rig, "web")
    daemon = watched(rig, [server], {"web": http(server.port) + " restart"})
    throughout(lambda: server.starts == 1, "left alone while it answers", seconds=3)
    assert daemon.whats() == []

    server.habit(habit)
    event = daemon.event("web", What.RESTART_FIXED)
    assert why in (event.facts.reason or "")
    assert (event.facts.reason or "").startswith(f"port {server.port} of localhost: ")
    assert event.facts.cause == "no answer"
    assert server.starts == 2
    assert f"port {server.port} of localhost" in rig.ask("events")
    assert f"port {server.port} of localhost" in rig.ask("why", str(event.number))
    throughout(lambda: server.starts == 2, "well again", seconds=2)
    assert daemon.whats() == [What.RESTART_FIXED]


def test_a_slow_server_delays_nobody_elses_look(rig: Rig) -> None:
    slow = [Server(rig, f"slow-{n}") for n in range(4)]
    for server in slow:
        server.habit("well")
    worker = rig.worker("one")
    rules = {
        server.name: f"if failed port {server.port} protocol http timeout 3s then alert"
        for server in slow
    }
    rules["one"] = "if totalmem > 60 MB for 3 cycles then restart"
    daemon = watched(rig, slow, rules)
    for server in slow:
        server.habit("hang")
    for server in slow:
        daemon.event(server.name, What.NO_ANSWER, seconds=30)
    # now that every dial takes three seconds: a worker that grows is restarted in its three looks
    worker.leak(80)
    event = daemon.event("one", What.RESTART_FIXED)
    samples = event.facts.samples or ()
    gaps = [after.at - before.at for before, after in pairwise(samples)]
    print("seconds between looks beside four hung servers:", gaps)
    assert len(gaps) == 2
    assert max(gaps) < 0.75, "an interval is 0.5 s"


def test_the_state_says_why_and_ends_with_the_cause(rig: Rig) -> None:
    server = Server(rig, "web")
    daemon = watched(rig, [server], {"web": http(server.port, 'content = "ready"') + " alert"})
    server.habit("error")
    event: Event = daemon.event("web", What.NO_ANSWER)
    assert event.level == "warning"
    said = f"port {server.port} of localhost: HTTP status 500, 2 of 2"
    until(lambda: said in rig.ask("status"), "status to say why")
    assert said in rig.ask("check", code=1)
    server.habit("well")
    daemon.event("web", What.WELL)
    assert server.starts == 1


def test_check_dials_too_and_is_bounded_by_the_timeout(rig: Rig) -> None:
    server = Server(rig, "web")
    rule = f"if failed port {server.port} protocol http timeout 0.3s then alert"
    config(rig, {"web": rule})
    rig.up()
    rig.ask("check", "-c", str(rig.root / "svwatch.yaml"), code=0)
    until(lambda: server.calls, "to be called by a check")
    server.habit("hang")

    def bad() -> bool:
        said = rig.ask("check", "-c", str(rig.root / "svwatch.yaml"), code=None)
        return f"port {server.port} of localhost: no HTTP answer within 0.3s" in said

    until(bad, "a check to say why")
    said = rig.ask("check", "-c", str(rig.root / "svwatch.yaml"), "--dry-run", code=None)
    assert f"port {server.port} of localhost" in said


def test_nginx(rig: Rig) -> None:
    needs("nginx")
    port = free_port()
    (rig.root / "nginx").mkdir()
    (rig.root / "nginx/nginx.conf").write_text(
        f"daemon off; pid {rig.root}/nginx/pid; error_log stderr; worker_processes 1;\n"
        "events {}\n"
        "http { access_log off; server {\n"
        f"  listen 127.0.0.1:{port};\n"
        "  location /up { return 200 'all is well'; }\n"
        "  location /broken { return 500; }\n"
        "} }\n"
    )
    rig.service("nginx", f"exec nginx -p {rig.root}/nginx -c {rig.root}/nginx/nginx.conf")
    good = f'if failed port {port} protocol http request "/up" content = "well" then alert'
    bad = f'if failed port {port} protocol http request "/broken" for 2 cycles then alert'
    gone = f'if failed port {port} protocol http request "/none" status = 404 then alert'
    rules = f"{good}\n      {gone}\n      {bad}"
    config(rig, {"nginx": rules})
    rig.up()
    daemon = rig.watch()
    event = daemon.event("nginx", What.NO_ANSWER)
    assert event.facts.reason == f"port {port} of localhost: HTTP status 500"
    throughout(lambda: daemon.whats() == [What.NO_ANSWER], "one rule only", seconds=2)


def test_nginx_below_tls(rig: Rig) -> None:
    needs("nginx", "openssl")
    port, place = free_port(), rig.root / "nginx"
    place.mkdir()
    rig.start(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
        "/CN=self.example", "-keyout", f"{place}/key", "-out", f"{place}/cert",
    )  # fmt: skip
    until((place / "cert").exists, "a certificate")
    (place / "nginx.conf").write_text(
        f"daemon off; pid {place}/pid; error_log stderr; worker_processes 1;\n"
        "events {}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl;\n"
        f"  ssl_certificate {place}/cert; ssl_certificate_key {place}/key;\n"
        "  location / { return 200 'all is well'; }\n"
        "} }\n"
    )
    rig.service("nginx", f"exec nginx -p {place} -c {place}/nginx.conf")
    good = f'if failed port {port} protocol https content = "well" then alert'
    wrong = f"if failed port {port} protocol http for 2 cycles then alert"
    config(rig, {"nginx": f"{good}\n      {wrong}"})
    rig.up()
    daemon = rig.watch()
    event = daemon.event("nginx", What.NO_ANSWER)
    assert event.facts.reason == f"port {port} of localhost: HTTP status 400"
    throughout(lambda: daemon.whats() == [What.NO_ANSWER], "TLS is well", seconds=2)
    print("resident with TLS:", daemon.memory())


def test_redis(rig: Rig) -> None:
    needs("redis-server", "redis-cli")
    port, place = free_port(), rig.root / "redis"
    place.mkdir()
    words = f"--port {port} --bind 127.0.0.1 --unixsocket {place}/sock --dir {place} --save ''"
    words += " --enable-debug-command yes"
    rig.service("redis", f"exec {shutil.which('redis-server')} {words}")
    ping = r'send "PING\r\n" expect "^\+PONG" timeout 0.3s for 2 cycles'
    rules = f"if failed unixsocket {place}/sock {ping} then alert\n"
    rules += f"      if failed port {port} {ping} then restart"
    config(rig, {"redis": rules})
    rig.up()
    daemon = rig.watch()
    daemon.knows("redis")
    throughout(lambda: daemon.whats() == [], "redis answers", seconds=3)
    # the kernel takes calls for it, and it hears of nothing, TERM included, for six seconds
    rig.start("redis-cli", "-p", str(port), "DEBUG", "SLEEP", "6")
    event = daemon.event("redis", What.RESTART_FIXED, What.RESTART_FAILED, seconds=30)
    assert event.what is What.RESTART_FIXED
    assert (event.facts.reason or "").startswith(f"port {port} of localhost: no ")
