"""What it costs to intervene, said only where it is true."""

import pytest
from msgspec.structs import replace

from svwatch.core.event import Event, WallLine
from svwatch.core.ledger import Facts, What
from svwatch.core.plan import Command
from svwatch.view.cost import cost
from svwatch.view.letter import Letter
from tests.view.scene import LETTER, OLD, WORKER, at, event

LOCKED = "Its job stays locked for up to 4h (max_run_time): "
WHERE = "Delayed::Job.where(\"locked_by like '%pid:3101'\")"
QUICK = replace(LETTER, service=replace(WORKER, stop_timeout=30.0))


def stuck(command: str | None) -> Event:
    return event(What.WILL_NOT_STOP, facts=Facts(old=OLD, command=command))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/usr/bin/ruby /usr/bin/rake jobs:work", "Killing it leaves its job locked"),
        ("delayed_job.3", "Killing it leaves its job locked"),
        ("sidekiq 6.5.8 shop [3 of 5 busy]", "super_fetch"),
        ("gunicorn: master [shop]", "requests in flight"),
        ("puma 6.4.0 (tcp://0.0.0.0:3000) [shop]", "requests in flight"),
        ("unicorn master -c unicorn.rb", "requests in flight"),
        ("/usr/bin/celery -A shop worker", "acks_late"),
        ("xsidekiqx", ""),
        ("vim pumas.txt", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_kill_costs_what_the_worker_does(command: str | None, said: str) -> None:
    lines = cost(stuck(command), QUICK)
    assert (said in lines[0]) if said else (lines == ())


@pytest.mark.parametrize(
    "service",
    [
        replace(WORKER, cmdline="^rake jobs:work"),
        replace(WORKER, start=Command(("bin/delayed_job", "start"))),
        replace(WORKER, groups=("delayed_job",)),
    ],
)
def test_a_worker_is_known_by_its_configuration(service: object) -> None:
    letter = Letter(host="h", now=at(12), service=service)  # type: ignore[arg-type]
    assert cost(stuck("ruby a.rb"), letter)[0].startswith("Killing it leaves its job locked")


def test_what_was_killed_is_told_where_to_look() -> None:
    facts = Facts(old=OLD, command="delayed_job.3", cause="oom", who="kernel (oom)")
    assert cost(event(What.RESTARTED, facts=facts), QUICK) == (f"{LOCKED}{WHERE}.",)
    killed = event(What.RESTART_FIXED, facts=replace(facts, cause="memory"))
    assert cost(killed, QUICK) == ()
    lines = (WallLine(at(9), "killed", "KILL to 3101"),)
    assert cost(replace(killed, lines=lines), QUICK) == (f"{LOCKED}{WHERE}.",)
    unknown = replace(facts, old=None)
    assert cost(event(What.RESTARTED, facts=unknown), QUICK) == (LOCKED.removesuffix(": ") + ".",)


def test_what_lives_on_after_a_kill_is_not_called_lost_yet() -> None:
    lines = (WallLine(at(9), "killed", "KILL to 3101"),)
    assert cost(replace(stuck("delayed_job.3"), lines=lines), QUICK)[0].startswith("Killing it")


def test_what_may_have_been_killed_is_told_with_an_if() -> None:
    facts = Facts(old=OLD, command="delayed_job.3", cause="crash", who="runit")
    [line] = cost(event(What.RESTARTED, facts=facts), QUICK)
    assert line.startswith("If it was killed: its job stays locked")
    planned = replace(facts, cause="operator", planned=True)
    assert cost(event(What.RESTARTED, facts=planned), QUICK) == ()


def test_a_restart_that_may_last_is_told() -> None:
    over = event(What.OVER, facts=Facts(old=OLD))
    assert cost(over, LETTER) == ("A restart waits up to 50m for it to end.",)
    assert cost(over, QUICK) == ()
    assert cost(over, replace(LETTER, service=None)) == ()
