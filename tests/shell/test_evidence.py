"""The end of the log is kept when it says why, not when the successor has written over it."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Facts, Record, What
from svwatch.core.plan import Service
from svwatch.core.seen import HZ, Absent, Identity, Incarnation, Now, Observation, Proc, Tree, World
from svwatch.core.state import Effect, Goal, Intent, Known, Signal, State
from svwatch.core.units import MB
from svwatch.probe.procfile import parse_stat
from svwatch.shell.evidence import with_evidence, with_log
from tests.core.world import runit

AT = Now(1.0, 1.0)


def record(what: What, **facts: object) -> Record:
    return Record(serial=1, at=AT, what=what, facts=replace(Facts(), **facts))


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "current"
    path.write_text("".join(f"line {number}\n" for number in range(9)))
    return str(path)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (record(What.RESTART_BEGUN, stopped_after=2.4), True),
        (record(What.RESTART_BEGUN), False),
        (record(What.RESTART_FIXED, after=1), False),
        (record(What.RESTART_FAILED), True),
        (record(What.CRASHING), True),
        (record(What.OVER), True),
        (record(What.RULE), False),
    ],
)
def test_what_keeps_the_log(made: Record, kept: bool, log: str) -> None:
    [after] = with_log((made,), runit(log=log))
    assert isinstance(after, Record)
    expected = tuple(f"line {number}" for number in range(4, 9))
    assert after.facts.log == (expected if kept else None)


def test_an_unreadable_log_changes_nothing(tmp_path: Path) -> None:
    made = (record(What.CRASHING), Signal(Incarnation(7, 7), "TERM"))
    assert with_log(made, runit(log=str(tmp_path / "none"))) == made
    assert with_log(made, runit()) == made


# --- who lives of it -------------------------------------------------------------------------


def incarnation(pid: int) -> Incarnation:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_bytes())
    assert stat is not None
    return Incarnation(pid, stat.ticks)


US, PARENT = incarnation(os.getpid()), incarnation(os.getppid())
LATER = Now(US.ticks / HZ + 60.0, US.ticks / HZ + 10.0)  # suspended for 50 s meanwhile
DEAD = Incarnation(US.pid, 1)
BOTH = Tree((Proc(PARENT, 1, 5 * MB), Proc(US, PARENT.pid, 7 * MB)))


def seen(tree: Tree | None = None) -> Observation:
    return Observation(at=LATER, world=World("b", 1), verdict=Absent("down"), tree=tree)


def kept(made: Effect, before: State, after: State, look: Observation) -> Facts:
    service: Service = runit()
    [one] = with_evidence((made,), service, before, after, look)
    assert isinstance(one, Record)
    return one.facts


def test_what_does_not_end_is_listed_with_what_began_meanwhile() -> None:
    sent = (PARENT.ticks / HZ) + 0.5 - 50.0  # on the clock that stood still
    intent = Intent(goal=Goal.STOP, serial=1, began=sent, stop_sent=sent, tree=(PARENT, DEAD, US))
    facts = kept(record(What.WILL_NOT_STOP, span=5.0), State(), State(intent=intent), seen())
    assert facts.tree is not None
    assert [one.pid for one in facts.tree] == [PARENT.pid, US.pid]
    assert [one.depth for one in facts.tree] == [0, 1]
    assert [one.late for one in facts.tree] == [False, US.ticks > PARENT.ticks + HZ / 2]
    assert facts.tree[1].memory
    assert facts.tree[1].age == 60.0
    killed = kept(record(What.WILL_NOT_STOP), State(), State(intent=intent), seen())
    assert killed.tree is None


def test_a_tree_that_is_too_large_is_kept_where_it_is_more_than_one() -> None:
    over = record(What.OVER, measured=9.0, unit="bytes")
    facts = kept(over, State(), State(), seen(BOTH))
    assert facts.tree is not None
    assert len(facts.tree) == 2
    assert kept(over, State(), State(), seen(Tree(BOTH.procs[:1]))).tree is None
    assert kept(record(What.OVER, measured=9.0), State(), State(), seen(BOTH)).tree is None


def test_two_copies_are_both_shown() -> None:
    facts = kept(record(What.DOUBLED, old=PARENT, new=US), State(), State(), seen())
    assert facts.tree is not None
    assert {one.pid for one in facts.tree} == {US.pid, PARENT.pid}


def test_the_command_line_is_of_the_old_process_and_hides_passwords() -> None:
    old = Known(PARENT, Identity(argv="rake jobs:work --password hunter2 URL=redis://a:b@c/0"))
    new = Known(US, Identity(argv="rake other"))
    made = record(What.RESTARTED, old=PARENT, new=US)
    facts = kept(made, State(known=old), State(known=new), seen())
    assert facts.command == "rake jobs:work --password ... URL=redis://a:...@c/0"
    assert kept(record(What.RESTARTED), State(known=old), State(known=new), seen()).command is None
