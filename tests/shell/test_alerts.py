"""`svwatch alerts list|retry|drop` where no daemon runs: on record, under the lock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace

from svwatch.commands import run
from svwatch.core.ledger import Notify, Record, What, Why
from svwatch.core.letters import Fate
from svwatch.core.level import Level
from svwatch.core.pulse import HEARTBEAT, Pulse, missed
from svwatch.core.route import Route, Target
from svwatch.probe.eyes import Eyes
from svwatch.shell import outbox
from svwatch.shell.begin import House, open_house
from svwatch.shell.dead_letters import SHOWN
from svwatch.shell.notes import REGULAR
from svwatch.shell.store import Store
from tests.shell.pages import WALL, alert, commit, record

TEXT = """
state_dir: {root}/state
control_socket: {root}/sock
alerts:
  ops: {{mail: {{to: [ann@example.net, bob@example.net], from: svwatch@example.net}}}}
  chat: {{url: "json://chat.example.net/canary-canary"}}
services: {{one: {{pidfile: /run/one}}}}
"""
ANN = Target("mailto://x", to="ann@example.net")
BOB = Target("mailto://x", to="bob@example.net")
OPS, CHAT = Route("ops", (ANN, BOB)), Route("chat", (Target("json://h/"),))
OLD = Route("old", (Target("json://h/"),))


class Ground:
    """A state directory with letters in it, and the verbs that ask about them."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys
        self.write(TEXT)
        self.store = Store.open(str(root / "state"))

    def write(self, text: str) -> None:
        """Write the configuration."""
        path = self.root / "svwatch.yaml"
        path.write_text(text.format(root=self.root))
        path.chmod(0o600)

    def alerts(self, *words: str) -> tuple[int, str]:
        """Run a verb of alerts; give its exit code and what it prints."""
        self._capsys.readouterr()
        code = run(["alerts", words[0], "-c", str(self.root / "svwatch.yaml"), *words[1:]], 2)
        said = self._capsys.readouterr()
        return code, said.out + said.err

    def fates(self) -> dict[int, Fate]:
        return {one.number: one.fate for one in self.store.dead_letters().listed(WALL)}

    def known(self, number: int) -> Fate | None:
        letter = self.store.dead_letters().letter(number)
        return None if letter is None else letter.fate

    def fate(self, number: int) -> Fate:
        fate = self.known(number)
        assert fate is not None
        return fate


def closed(serial: int) -> Record:
    """Close that event."""
    return replace(record(serial), closed=True)


@pytest.fixture
def ground(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Ground]:
    """Give: 1 dead to ann, 2 waiting to bob after an error, 3 sent to chat, 4 waiting to chat."""
    made = Ground(tmp_path, capsys)
    alert(made.store, "leaking", routes=(OPS, CHAT))
    alert(made.store, "crashing", serial=2, routes=(CHAT,))
    made.store.dead(1, "550 5.1.1 no such user", WALL + 9)
    made.store.failed(2, "451 4.3.0 try later", 2 * WALL)
    made.store.sent(3, "accepted 200 OK", WALL + 1)
    yield made
    made.store.close()


def test_list_shows_what_is_left_the_worst_first(ground: Ground) -> None:
    code, said = ground.alerts("list")
    lines = said.splitlines()
    assert code == 0
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["ops", "ann@example.net"],
        ["ops", "bob@example.net"],
    ]
    assert lines[1].endswith("550 5.1.1 no such user")
    assert lines[2].endswith("451 4.3.0 try later")
    assert "web leaking raised" in said
    assert "accepted 200 OK" not in said
    assert lines[-1].startswith("next: svwatch alerts retry ops | svwatch alerts drop ops")


def test_list_all_shows_receipts_of_a_day(ground: Ground) -> None:
    ground.store.sent(4, "accepted 201 Created", 2 * WALL)  # later than now: within the day
    _, said = ground.alerts("list", "--all")
    assert "accepted 201 Created" in said
    assert "accepted 200 OK" in said


def test_list_for_programs_holds_no_secret(ground: Ground) -> None:
    code, said = ground.alerts("list", "--json")
    found = json.decode(said)
    assert code == 0
    lanes = {(one["name"], one["target"]): one for one in found["routes"]}
    assert lanes["ops", "ann@example.net"]["dead"] == 1
    assert lanes["ops", "bob@example.net"]["waiting"] == 1
    assert lanes["chat", ""]["ails"] is False
    assert [(one["number"], one["status"]) for one in found["letters"]] == [
        (1, "dead"), (2, "owed"), (4, "owed"),
    ]  # fmt: skip
    assert "canary" not in said


def test_one_line_where_nothing_is_left(ground: Ground) -> None:
    ground.alerts("drop", "all")
    assert ground.alerts("list")[1].endswith(
        ": nothing waits and nothing was given up (routes: ops, chat)\n"
    )


def test_a_thousand_that_wait_are_counted_and_a_few_are_shown(ground: Ground) -> None:
    for serial in range(3, 50):
        alert(ground.store, f"no{serial}", serial=serial, routes=(CHAT,))
    _, said = ground.alerts("list")
    assert said.count(" chat ") == SHOWN
    assert f"  and {48 - SHOWN} more\n" in said
    assert "web no3 raised" in said, "those that are next are shown"


def test_who_takes_no_posts_and_no_beats_is_shown(ground: Ground) -> None:
    ground.write(
        TEXT.replace(
            "services:",
            '  all-hosts: {{alertmanager: "http://127.0.0.1:9093"}}\n'
            "heartbeat: https://hc.example.net/canary-canary\nservices:",
        )
    )
    board = {"known": [{}, {}], "failing": WALL, "error": "503 Service Unavailable", "failures": 7}
    ground.store.note(f"{REGULAR}all-hosts", json.encode(board).decode())
    ground.store.note(f"{REGULAR}{HEARTBEAT}", json.encode(missed(Pulse(), WALL, "404")).decode())
    code, said = ground.alerts("list")
    assert code == 0
    (row,) = [line.split() for line in said.splitlines() if line.startswith("all-hosts")]
    assert row[:3] == ["all-hosts", "-", "2"]
    assert row[-3:] == ["503", "Service", "Unavailable"]
    assert "the heartbeat is not heard since " in said
    assert "svwatch alerts test all-hosts" not in said, "there is worse"
    ground.alerts("drop", "all")
    last = ground.alerts("list")[1].splitlines()[-1]
    assert last == "next: svwatch alerts test all-hosts", "it has no letters"
    ground.store.note(f"{REGULAR}all-hosts", "of another version")
    assert "503" not in ground.alerts("list")[1]


def test_routes_that_are_gone_are_named(ground: Ground) -> None:
    alert(ground.store, "left", serial=9, routes=(OLD,))
    _, said = ground.alerts("list")
    assert "the route is not configured any more" in said
    assert said.count("not configured") == 1


def test_nothing_is_on_record(ground: Ground) -> None:
    code, said = ground.alerts("list", "--state-dir", str(ground.root / "other"))
    assert code == 1
    assert "nothing is on record in" in said


def test_where_no_configuration_loads_it_says_so(ground: Ground) -> None:
    ground.write("nonsense: 1\n")
    code, said = ground.alerts("list", "--state-dir", str(ground.root / "state"))
    assert code == 0
    assert 'unknown key "nonsense"' in said
    assert "not configured any more" not in said, "nobody knows"
    assert "550 5.1.1 no such user" in said
    assert ground.alerts("retry", "1", "--state-dir", str(ground.root / "state"))[0] == 0


# --- retry -----------------------------------------------------------------------------------


def test_a_dead_letter_is_owed_again_as_if_it_were_new(ground: Ground) -> None:
    code, said = ground.alerts("retry", "1")
    assert code == 0
    assert said == (
        "1  ops ann@example.net: web leaking raised: "
        "goes out with the next svwatch: no daemon runs\n"
    )
    letter = ground.store.outbox.letter(1)
    assert letter is not None
    assert (letter.attempts, letter.refusals) == (0, 0)
    assert [one.id for one in ground.store.owed(WALL + 10)] == [1, 4]


def test_one_that_waits_is_tried_now_and_those_before_it(ground: Ground) -> None:
    alert(ground.store, "third", serial=3, routes=(Route("ops", (BOB,)),))
    assert [one.id for one in ground.store.owed(WALL + 10)] == [4]
    assert ground.alerts("retry", "5")[0] == 0
    assert 2 in [one.id for one in ground.store.owed(WALL + 10)]
    letter = ground.store.outbox.letter(2)
    assert letter is not None
    assert letter.attempts == 1, "it is not new: it counts on"


@pytest.mark.parametrize(
    ("word", "again"),
    [("ops", {1, 2}), ("bob@example.net", {2}), ("all", {1, 2, 4}), ("4", {4})],
)
def test_words_mean_letters(ground: Ground, word: str, again: set[int]) -> None:
    code, said = ground.alerts("retry", word)
    assert code == 0
    assert {int(line.split()[0]) for line in said.splitlines()} == again


def test_what_cannot_be_retried_says_why(ground: Ground) -> None:
    code, said = ground.alerts("retry", "3")
    assert code == 3
    assert "refused: it was sent " in said
    assert ground.alerts("retry", "99") == (2, "99  there is no letter 99\n")
    code, said = ground.alerts("retry", "opps", "1")
    assert code == 2
    assert "opps  there is no route 'opps': did you mean 'ops'?\n" in said
    assert "1  ops ann@example.net: web leaking raised: goes out" in said
    alert(ground.store, "left", serial=9, routes=(OLD,))
    code, said = ground.alerts("retry", "old")
    assert code == 3
    assert "refused: its route is not configured any more" in said
    ground.alerts("drop", "all")
    assert ground.alerts("retry", "all") == (
        0, "all  nothing waits and nothing was given up\n",
    )  # fmt: skip
    assert ground.alerts("retry", "ops")[0] == 0
    code, said = ground.alerts("retry", "4")
    assert code == 3
    assert "refused: it was dropped " in said


def test_where_there_is_no_lock_nothing_is_done(ground: Ground) -> None:
    house = open_house(str(ground.root / "state"), "run", print, Eyes())
    assert isinstance(house, House)
    try:
        for verb in ("retry", "drop"):
            code, said = ground.alerts(verb, "all")
            assert code == 1
            assert "holds the lock" in said
    finally:
        house.store.close()
        house.held.release()
    assert ground.fate(1) is Fate.DEAD


# --- drop ------------------------------------------------------------------------------------


def test_a_dropped_letter_is_never_silent(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ann")
    code, said = ground.alerts("drop", "1", "chat")
    assert code == 0
    assert said == (
        "1  ops ann@example.net: web leaking raised: dropped\n"
        "4  chat: web crashing raised: dropped\n"
    )
    assert (ground.fate(1), ground.fate(4)) == (Fate.DROPPED, Fate.DROPPED)
    assert ground.fates() == {2: Fate.OWED}
    (event,) = [one for one in ground.store.events() if one.what is What.ALERTS_DROPPED]
    assert (event.service, event.facts.who, event.facts.count) == ("svwatch", "ann", 2)
    assert [line.detail for line in event.lines] == [
        "ops ann@example.net: web leaking raised",
        "chat: web crashing raised",
    ]
    _, said = ground.alerts("list", "--all")
    assert "dropped" in said


def test_a_recovery_goes_with_its_problem(ground: Ground) -> None:
    cleared = Notify(2, Why.CLEARED, Level.CRITICAL)
    commit(ground.store, record(2), cleared, routes=(CHAT,))
    assert ground.fate(5) is Fate.OWED
    ground.alerts("drop", "4")
    assert ground.fate(5) is Fate.DROPPED


def test_a_recovery_is_told_after_its_problem_where_that_is_revived(ground: Ground) -> None:
    commit(ground.store, record(2), Notify(2, Why.CLEARED, Level.CRITICAL), routes=(CHAT,))
    ground.store.dead(4, "550 no", WALL + 2)
    assert ground.fate(5) is Fate.DROPPED
    ground.alerts("retry", "chat")
    assert (ground.fate(4), ground.fate(5)) == (Fate.OWED, Fate.OWED)


def test_what_is_dropped_while_it_is_under_way(ground: Ground) -> None:
    ground.alerts("drop", "2", "4")
    ground.store.dead(2, "550 no", WALL + 3)
    assert ground.fate(2) is Fate.DROPPED
    ground.store.sent(4, "accepted 200 OK", WALL + 3)
    assert ground.fate(4) is Fate.SENT, "what came of it is the truth"


def test_dead_letters_outlive_all_that_went_out(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "KEPT_LETTERS", 1)
    for serial in range(3, 6):
        owed = alert(ground.store, f"no{serial}", serial=serial, routes=(CHAT,)).owed
        commit(ground.store, closed(serial))
        ground.store.sent(owed[0], "accepted 200 OK", WALL)
    ground.store.minute([("web", 60, 1)])  # once an hour it tidies up
    left = {number: fate for number in range(1, 9) if (fate := ground.known(number))}
    assert left == {1: Fate.DEAD, 2: Fate.OWED, 3: Fate.SENT, 4: Fate.OWED, 7: Fate.SENT}
    ground.store.dead(2, "550", WALL)
    ground.store.dead(4, "550", WALL)
    ground.store.minute([("web", 120, 1)])
    assert [ground.known(number) for number in (1, 2, 4)] == [None, None, Fate.DEAD]
