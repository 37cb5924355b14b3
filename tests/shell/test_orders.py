"""Orders: who is meant, what is asked for, and neighbours that are told of each other."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from svwatch.core.lease import Lease, Ties
from svwatch.core.ledger import Notify, Record, What
from svwatch.core.phases import Phase
from svwatch.core.plan import Group, Share
from svwatch.core.request import Request, Verb
from svwatch.core.seen import Incarnation, Now
from svwatch.core.state import Effect, Known, State
from svwatch.shell.agenda import Agenda
from svwatch.shell.muster import muster
from svwatch.shell.orders import Orders, errand_of
from svwatch.shell.own import Own
from svwatch.shell.tied import Tied
from svwatch.shell.vigil import Errand
from svwatch.shell.wire import Call, Reply
from tests.shell.fakes import Ground, content, mind, plan, service

AT = Now(5000.0, 4000.0)
UP = State(looked=AT, known=Known(Incarnation(1, 1)), seen=True)
DOWN = State(phase=Phase.WISHED_DOWN, by="hand", looked=AT, absent_since=1.0)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path, mind(content))
    made.roster.adopt(
        plan(service("one", groups=("g",)), service("two"), service("three", groups=("g",)))
    )
    return made


def taken(
    ground: Ground, *names: str, **options: str | bool | int
) -> tuple[Reply | None, list[str]]:
    """Give what is answered at once, and who was asked."""
    orders = Orders(ground.watch, Agenda())
    reply = orders.take(Call("restart", names, options), "ann", lambda _reply, _last: True)
    return reply, [name for name, ward in ground.roster.wards.items() if ward.inputs]


def test_names_a_group_or_all(ground: Ground) -> None:
    assert taken(ground, "two") == (None, ["two"])
    ground.roster.wards["two"].inputs.clear()
    assert taken(ground, group="g") == (None, ["one", "three"])
    assert taken(ground, "all")[0] is None


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("twoo",), {}, "there is no service 'twoo': did you mean 'two'?"),
        ((), {}, "restart wants the name of a service, -g GROUP, or all"),
        ((), {"group": "h"}, "there is no service in group 'h'"),
    ],
)
def test_who_is_not_there_is_a_mistake(
    ground: Ground, names: tuple[str, ...], options: dict[str, str], said: str
) -> None:
    reply, asked = taken(ground, *names, **options)
    assert reply == Reply("error", code=2, text=said)
    assert asked == []


def test_what_is_asked_for() -> None:
    call = Call("restart", ("one",), {"now": True, "no_wait": True, "parallel": True})
    assert errand_of(call, "ann") == Errand(
        Request(Verb.RESTART, "ann", now=True), wait=False, parallel=True
    )
    held = errand_of(Call("hold", ("one",), {"seconds": "900.0", "token": "t"}), "root")
    assert held == Errand(Request(Verb.HOLD, "root", seconds=900.0, token="t"), parallel=True)
    by = errand_of(Call("stop", ("one",), {"sudo": "ann"}), "root")
    assert isinstance(by, Errand)
    assert by.request.who == "ann"
    liar = errand_of(Call("stop", ("one",), {"sudo": "ann"}), "bob")
    assert isinstance(liar, Errand)
    assert liar.request.who == "bob"


@pytest.mark.parametrize("seconds", [None, "0", "-1", "nan", "90000", "soon", True])
def test_a_hold_without_an_end_is_none(seconds: str | bool | None) -> None:
    options: dict[str, str | bool | int] = {} if seconds is None else {"seconds": seconds}
    assert errand_of(Call("hold", ("one",), options), "ann") == (
        "a hold must have an end: --for 15m (24h at most)"
    )


def test_neighbours_are_told_once_of_each_change(ground: Ground) -> None:
    tied = Tied()
    made = plan(service("web", after=("db",)), service("db"), service("alone"))
    tied.of(made)
    ground.roster.adopt(made)
    web = ground.roster.wards["web"]
    assert tied.order(["web", "alone", "db"]) == ["alone", "db", "web"]
    assert "web" in tied
    assert "alone" not in tied
    states = {"web": UP, "db": replace(UP, absent_since=1.0)}
    assert tied.stale(states) == ["web"]
    for _ in range(2):
        tied.tell(web, states)
        assert web.inputs == [Ties(problem=("db",))]
    tied.tell(web, states | {"db": UP})
    assert web.inputs == []


def said(effects: tuple[Effect, ...]) -> list[tuple[What, str | None]]:
    return [(one.what, one.facts.reason) for one in effects if isinstance(one, Record)]


def test_a_group_below_its_min_up_is_told_once_over_restarts_of_ours() -> None:
    made = plan(*(service(name, groups=("g",)) for name in ("a", "b")))
    made = replace(made, groups=(Group("g", min_up=Share(2)),))
    own, short = Own(State()), {"a": UP, "b": DOWN}
    muster(own, made, short, AT)
    assert said(own.owed) == [(What.TOO_FEW, "group g: 1 of 2 up, min_up 2; not: b")]
    assert len([one for one in own.owed if isinstance(one, Notify)]) == 1

    later = Own(own.state)
    muster(later, replace(made, source="", groups=()), {}, AT)  # nothing is loaded yet
    muster(later, made, short, AT)
    assert later.owed == ()
    muster(later, made, {"a": UP, "b": UP}, AT)
    assert [what for what, _ in said(later.owed)] == [What.ENOUGH]
    assert later.state.incidents == {}


def test_a_hold_outlives_another_process_under_the_same_name(ground: Ground) -> None:
    ward = ground.roster.wards["one"]
    ward.state = State(serial=4, lease=Lease(9.0, "ann"))
    ground.roster.adopt(plan(service("one", pidfile="/run/other")))
    assert ground.roster.wards["one"].service.pidfile == "/run/other"
    assert ground.roster.wards["one"].state == State(serial=4, lease=Lease(9.0, "ann"))
