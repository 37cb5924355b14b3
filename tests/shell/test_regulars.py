"""Beats and what Alertmanager is told: real children, a real web server, a clock that is moved."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from svwatch.core.ledger import Facts, Notify, Record, What, Why
from svwatch.core.level import Level
from svwatch.core.plan import Service
from svwatch.core.pulse import HEARTBEAT
from svwatch.core.route import Form, Heartbeat, single
from svwatch.core.seen import Input, Observation
from svwatch.core.state import Incident, State, Step
from svwatch.core.trouble import KEY
from svwatch.shell.fires import LASTS
from svwatch.shell.own import SERVICE
from svwatch.shell.regulars import Regulars
from tests.live.web_office import HANG, Say, WebOffice
from tests.shell.fakes import Ground, content, mind, plan, service
from tests.shell.mailbox import ready

OVER = "if totalmem > 175 MB then alert"
MINUTE = 60.0


class Post:
    """A watch over two services, a web server, and what goes out to it regularly."""

    def __init__(self, root: Path, office: WebOffice) -> None:
        self.office = office
        self.incidents: dict[str, tuple[What, Level]] = {}  # of service "one"
        self.over: list[What] = []  # told, and over at once
        self.ground = Ground(root, mind(self.think))
        self.watch = self.ground.watch
        self.am = single("am", office.url, form=Form.ALERTMANAGER)
        self.watch.routes = (self.am,)
        self.ground.roster.adopt(plan(service("one", groups=("front",)), service("two")))
        self.said: list[str] = []
        self.regulars = Regulars(self.watch, self.said.append)

    def think(
        self, one: Service, state: State, seen: Observation, inputs: tuple[Input, ...]
    ) -> Step:
        """Open and close what the test wants of service "one"."""
        step = content(one, state, seen, inputs)
        if one.name != "one":
            return step
        serial, incidents, effects = state.serial, {}, []
        for key, (what, level) in self.incidents.items():
            known = state.incidents.get(key)
            if known is None or known.level is not level:
                serial += 1
                known = Incident(
                    serial=serial, what=what, level=level, raised=seen.at.mono, told=seen.at.mono
                )
                record = Record(serial=serial, at=seen.at, what=what, level=level)
                effects += [record, Notify(serial, Why.RAISED, level)]
            incidents[key] = known
        for key, gone in state.incidents.items():
            if key not in incidents:
                effects.append(Record(serial=gone.serial, at=seen.at, what=What.WELL, closed=True))
        while self.over:
            serial += 1
            what = self.over.pop()
            effects += [
                Record(serial=serial, at=seen.at, what=what, closed=True),
                Notify(serial, Why.VERDICT, Level.CRITICAL),  # who had the problem has its end
            ]
        state = replace(step.state, serial=serial, incidents=incidents)
        return replace(step, state=state, effects=tuple(effects))

    # --- what happens ------------------------------------------------------------------------

    def look(self, seconds: float = 1.0) -> None:
        """Look at both services after so many seconds, and tell what changed."""
        self.ground.clock.mono += seconds
        self.watch.turn({"one": True, "two": True})
        self.regulars.turned(self.watch.clock(), self.watch.wall())

    def wait(self, seconds: float = 0.0) -> None:
        """Let so many seconds pass without a look."""
        self.ground.clock.mono += seconds
        self.regulars.kick(self.watch.clock(), self.watch.wall())

    def heard(self) -> int:
        """Wait for the children that are under way; give how many requests there were by now."""
        while fds := self.regulars.filenos():
            for fd in ready(fds, 20.0):
                self.regulars.readable(fd, self.watch.clock(), self.watch.wall())
        return len(self.office.heard)

    @property
    def last(self) -> list[tuple[str, float]]:
        """The names in the newest list, and for how many seconds from now they are open."""
        alerts = msgspec.json.decode(self.office.heard[-1].body)
        return [(one["labels"]["alertname"], self.left(one["endsAt"])) for one in alerts]

    def left(self, stamp: str) -> float:
        return round(datetime.fromisoformat(stamp).timestamp() - self.watch.wall(), 1)

    def close(self) -> None:
        self.regulars.close()
        self.ground.close()


@pytest.fixture
def office() -> Iterator[WebOffice]:
    with WebOffice() as office:
        yield office


@pytest.fixture
def post(tmp_path: Path, office: WebOffice) -> Iterator[Post]:
    made = Post(tmp_path, office)
    yield made
    made.close()


# --- the heartbeat ---------------------------------------------------------------------------


@pytest.fixture
def beating(post: Post) -> Post:
    post.regulars.adopt((), Heartbeat(f"{post.office.url}/ping/secret", "http://hc/...", 60.0))
    return post


def test_a_beat_follows_the_first_complete_look_and_then_each_minute(beating: Post) -> None:
    beating.wait()
    assert beating.heard() == 0
    beating.look()
    assert beating.heard() == 1
    request = beating.office.heard[0]
    assert (request.method, request.path, request.body) == ("GET", "/ping/secret", b"")
    beating.look(30.0)
    assert beating.heard() == 1
    beating.look(30.0)
    beating.wait(1.0)
    assert beating.heard() == 2
    assert beating.regulars.pulse is not None
    assert beating.regulars.pulse.beat == beating.watch.wall()
    assert beating.regulars.pulse.shown == "http://hc/..."


def test_no_beat_while_anybody_is_not_looked_at(beating: Post) -> None:
    beating.look()
    assert beating.heard() == 1
    for _ in range(3):
        beating.ground.clock.mono += MINUTE
        beating.watch.turn({"one": True})  # nobody looks at "two"
        beating.wait(1.0)
    assert beating.heard() == 1
    beating.look()
    beating.wait(1.0)
    assert beating.heard() == 2


def test_no_beat_while_a_bug_or_the_disk_is_in_the_way(beating: Post) -> None:
    ward = beating.ground.roster.wards["two"]
    beating.look()
    assert beating.heard() == 1
    beating.ground.clock.mono += MINUTE
    beating.watch.turn({"one": True, "two": True})
    ward.trouble = "KeyError"
    beating.wait(1.0)
    ward.trouble = ""
    beating.watch.unrecorded = "the disk is full"
    beating.wait(1.0)
    beating.watch.unrecorded = ""
    beating.watch.own.record(beating.watch.clock(), What.OUR_BUG)
    beating.wait(1.0)
    assert beating.heard() == 1
    beating.look()
    beating.wait(1.0)
    assert beating.heard() == 2


def test_what_fails_is_said_once_and_stands_until_it_works(beating: Post) -> None:
    beating.office.script[:] = [Say(500, "no"), Say(500, "no"), Say()]
    beating.look()
    beating.wait(1.0)
    beating.heard()
    since = beating.watch.wall()
    for _ in range(2):
        beating.look(59.0)
        beating.wait(1.0)
        beating.heard()
        if beating.office.script != [Say()]:
            pulse = beating.regulars.pulse
            assert pulse is not None
            assert pulse.failing == since
            lane = beating.regulars.lanes()[0]
            assert (lane.route, lane.since, lane.refuses) == (HEARTBEAT, since, True)
            assert "500" in lane.error
    assert len(beating.office.heard) == 3
    assert beating.regulars.lanes() == ()
    assert [words.split(":")[0] for words in beating.said] == [
        "nobody hears the heartbeat",
        "the heartbeat is heard again",
    ]


def test_a_beat_that_hangs_is_ended_and_never_doubled(beating: Post) -> None:
    beating.office.script[:] = [Say(HANG)]
    beating.look()
    beating.wait(1.0)
    fds = beating.regulars.filenos()
    assert len(fds) == 1
    beating.wait(18.0)
    assert beating.regulars.filenos() == fds
    assert ready(fds, 0.0) == []
    beating.wait(1.1)  # the deadline
    beating.heard()
    assert "ended after 20 s" in beating.said[0]


def test_a_restart_of_ours_does_not_forget_since_when_it_fails(
    beating: Post, tmp_path: Path
) -> None:
    beating.office.script[:] = [Say(500)]
    beating.look()
    beating.wait(1.0)
    beating.heard()
    since = beating.watch.wall()
    beating.regulars.close()
    beating.ground.clock.mono += 100.0
    beating.regulars = Regulars(beating.watch, beating.said.append)
    beating.regulars.adopt((), Heartbeat(beating.office.url))
    assert [lane.since for lane in beating.regulars.lanes()] == [since]
    assert len(beating.said) == 1


# --- Alertmanager ----------------------------------------------------------------------------


@pytest.fixture
def posting(post: Post) -> Post:
    post.regulars.adopt((post.am,), None)
    post.look()
    return post


def test_nothing_open_is_nothing_to_say(posting: Post) -> None:
    posting.look(MINUTE)
    posting.look(MINUTE)
    assert posting.heard() == 0
    assert posting.regulars.due() is None


def test_what_opens_is_posted_at_once_refreshed_and_resolved(posting: Post) -> None:
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    assert posting.heard() == 1
    request = posting.office.heard[0]
    assert (request.method, request.path) == ("POST", "/api/v2/alerts")
    (alert,) = msgspec.json.decode(request.body)
    labels = alert["labels"]
    assert (labels["service"], labels["severity"], labels["group"]) == ("one", "warning", "front")
    assert labels["rule"] == OVER
    assert alert["annotations"]["summary"].startswith("one over the limit")
    assert posting.last == [("SvwatchOverTheLimit", LASTS)]
    posting.look(30.0)
    assert posting.heard() == 1  # no change
    posting.wait(30.0)
    assert posting.heard() == 2
    assert posting.last == [("SvwatchOverTheLimit", LASTS)]
    posting.incidents = {}
    posting.look()
    assert posting.heard() == 3
    assert posting.last == [("SvwatchOverTheLimit", 0.0)]
    posting.wait(MINUTE)
    posting.look(MINUTE)
    assert posting.heard() == 3
    assert posting.regulars.due() is None


def test_an_end_is_told_until_it_is_heard(posting: Post) -> None:
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    posting.heard()
    posting.office.script[:] = [Say(503), Say()]
    posting.incidents = {}
    posting.look()
    assert posting.heard() == 2
    posting.wait(11.0)
    assert posting.heard() == 3
    assert posting.last == [("SvwatchOverTheLimit", -11.0)]  # it ended when it ended
    posting.wait(MINUTE)
    assert posting.heard() == 3
    assert len(posting.said) == 2


def test_a_louder_one_is_another_alert(posting: Post) -> None:
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    posting.heard()
    posting.incidents = {OVER: (What.OVER, Level.CRITICAL)}
    posting.look()
    posting.heard()
    alerts = msgspec.json.decode(posting.office.heard[-1].body)
    found = {one["labels"]["severity"]: posting.left(one["endsAt"]) for one in alerts}
    assert found == {"critical": LASTS, "warning": 0.0}


def test_a_refused_list_is_not_sent_again_before_its_time(posting: Post) -> None:
    posting.office.script[:] = [Say(400, '"start time must be before end time"'), Say()]
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    assert posting.heard() == 1
    posting.wait(55.0)
    assert posting.heard() == 1
    (lane,) = posting.regulars.lanes()
    assert lane.refuses
    assert "start time" in lane.error
    posting.wait(5.0)
    assert posting.heard() == 2
    assert posting.regulars.lanes() == ()


def test_one_that_was_silent_is_asked_until_it_answers(posting: Post) -> None:
    posting.office.script[:] = [Say(503)]
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    posting.heard()
    posting.incidents = {}
    posting.look(LASTS)
    posting.heard()
    for _ in range(3):  # by now it has ended there by itself
        posting.wait(LASTS)
        posting.heard()
    assert posting.office.heard[-1].body == b"[]"
    posting.office.script[:] = [Say()]
    posting.wait(MINUTE)
    posting.heard()
    assert posting.regulars.lanes() == ()
    assert posting.regulars.due() is None


def test_what_is_over_at_once_is_shown_for_a_while(posting: Post) -> None:
    posting.over = [What.RESTART_FIXED]
    posting.look()
    assert posting.heard() == 1
    assert posting.last == [("SvwatchRestartFixed", LASTS)]
    (alert,) = msgspec.json.decode(posting.office.heard[0].body)
    assert alert["labels"]["severity"] == "notice"
    posting.wait(MINUTE)
    posting.heard()
    assert posting.last == [("SvwatchRestartFixed", LASTS - MINUTE)]
    posting.look(LASTS)
    count = posting.heard()
    posting.look(LASTS)
    assert posting.heard() == count


def test_wishes_of_the_route_hold(posting: Post) -> None:
    posting.am = replace(posting.am, level=Level.CRITICAL)
    posting.watch.routes = (posting.am,)
    posting.regulars.adopt((posting.am,), None)
    posting.over = [What.RESTART_FIXED]
    posting.incidents = {OVER: (What.OVER, Level.WARNING)}
    posting.look()
    assert posting.heard() == 0
    posting.incidents["down"] = (What.DOWN, Level.CRITICAL)
    posting.look()
    assert posting.heard() == 1
    assert posting.last == [("SvwatchDown", LASTS)]


def test_its_own_failure_is_told_to_others_only(posting: Post) -> None:
    own, now = posting.watch.own, posting.watch.clock()
    for route in ("am", "ops"):
        facts = Facts(who=route)
        own.raise_(now, KEY + route, What.NOT_DELIVERED, Level.WARNING, facts)
    posting.look()
    posting.heard()
    (alert,) = msgspec.json.decode(posting.office.heard[-1].body)
    assert (alert["labels"]["service"], alert["labels"]["rule"]) == (SERVICE.name, "delivery ops")


def test_the_next_life_resolves_what_ended_meanwhile(posting: Post) -> None:
    posting.incidents = {OVER: (What.OVER, Level.WARNING), "down": (What.DOWN, Level.CRITICAL)}
    posting.look()
    posting.heard()
    posting.regulars.close()
    posting.regulars = Regulars(posting.watch, posting.said.append)
    posting.regulars.adopt((posting.am,), None)
    posting.wait(1.0)
    assert posting.heard() == 1  # told a second ago
    del posting.incidents[OVER]
    posting.look(10.0)
    assert posting.heard() == 2
    assert posting.last == [("SvwatchDown", LASTS), ("SvwatchOverTheLimit", 0.0)]


def test_a_rejected_configuration_is_open_until_one_is_taken(posting: Post) -> None:
    posting.regulars.rejected("x.yaml:3:1 nonsense", posting.watch.wall())
    posting.look()
    posting.heard()
    (alert,) = msgspec.json.decode(posting.office.heard[-1].body)
    assert alert["labels"]["severity"] == "critical"
    assert "x.yaml:3:1 nonsense" in alert["annotations"]["summary"]
    posting.regulars.rejected("", posting.watch.wall())
    posting.look()
    posting.heard()
    assert posting.last == [("SvwatchConfigRejected", 0.0)]
