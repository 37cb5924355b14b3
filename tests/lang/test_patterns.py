"""Keys that are patterns: layers, precedence, where members are found, what is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.expand import cast, expand
from svwatch.core.family import compiled
from svwatch.core.plan import Group, Plan, Service, Share, Survivors
from svwatch.lang.globs import overlap, parse
from svwatch.lang.load import Loaded
from svwatch.lang.problem import show

Write = Callable[..., Loaded]


def plan(found: Loaded) -> Plan:
    assert found.plan is not None, [show(problem) for problem in found.problems]
    return found.plan


def errors(found: Loaded) -> list[str]:
    return [show(problem) for problem in found.problems if not problem.warning]


def member(found: Loaded, name: str) -> Service:
    service = cast(plan(found), name)
    assert service is not None
    return service


FLEET = """
service_root: /srv/service
defaults:
  supervisor: runit
  stop_timeout: 5m
  settle: 7s
services:
  worker-*:
    group: workers
    members: 200
    exclude: [worker-legacy-7, worker-old-*]
    warm_up: 45s
    cmdline: "queue {member} of {name}"
    env: {QUEUE: "{member}", KIND: plain}
    rules: if totalmem > 1 GB then alert
  worker-heavy-*:
    warm_up: 90s
    env: {KIND: heavy}
    add_rules: if totalmem > 2 GB then restart
  worker-b-17:
    settle: 20s
"""


def test_a_pattern_is_a_mold_for_directories_of_the_root(loaded: Write) -> None:
    made = plan(loaded(FLEET))
    general, special = made.families
    assert (general.pattern, general.members, general.where) == ("worker-*", 200, "svwatch.yaml:8")
    assert general.part("worker-legacy-7") is None
    assert general.part("worker-old-3") is None
    assert special.members is None
    assert [one.name for one in made.services] == ["worker-b-17"]
    first = made.molds[0]
    assert (first.patterns, first.directory, first.tail) == (("worker-*",), "/srv/service", "")
    assert compiled(first.entry).fullmatch("worker-12")
    assert made.groups == (Group("workers"),)


def test_a_member_has_its_name_and_its_part_everywhere(loaded: Write) -> None:
    one = member(loaded(FLEET), "worker-12")
    assert (one.name, one.service_dir, one.family) == (
        "worker-12",
        "/srv/service/worker-12",
        "worker-*",
    )
    assert one.cmdline == "queue 12 of worker-12"
    assert (one.stop_timeout, one.settle, one.warm_up) == (300.0, 7.0, 45.0)
    assert one.log == "/srv/service/worker-12/log/main/current"
    assert [rule.key for rule in one.rules] == [
        "if totalmem > 1 GB then alert",
        "if not exist then alert",
    ]


def test_the_longer_pattern_is_above_the_shorter_key_by_key(loaded: Write) -> None:
    one = member(loaded(FLEET), "worker-heavy-3")
    assert (one.warm_up, one.groups, one.family) == (90.0, ("workers",), "worker-heavy-*")
    assert one.cmdline == "queue heavy-3 of worker-heavy-3"
    assert [rule.key for rule in one.rules][:2] == [
        "if totalmem > 1 GB then alert",
        "if totalmem > 2 GB then restart",
    ]


def test_a_name_is_above_the_patterns_and_is_there_in_any_case(loaded: Write) -> None:
    (one,) = plan(loaded(FLEET)).services
    assert (one.settle, one.warm_up, one.groups) == (20.0, 45.0, ("workers",))
    assert one.cmdline == "queue b-17 of worker-b-17"
    assert one.family is None


def test_braces_are_between_names_and_patterns(loaded: Write) -> None:
    made = plan(
        loaded("""
services:
  dj-*: {pidfile: "/run/{name}.pid", settle: 1s, warm_up: 1s, stop_timeout: 1s}
  dj-{1..2}: {settle: 2s, warm_up: 2s}
  dj-2: {settle: 3s}
""")
    )
    assert [(one.name, one.settle, one.warm_up, one.stop_timeout) for one in made.services] == [
        ("dj-1", 2.0, 2.0, 1.0),
        ("dj-2", 3.0, 2.0, 1.0),
    ]
    assert made.services[0].groups == ("dj-{1..2}",)
    assert [one.name for one in expand(made, {("dj-*",): ("dj-1.pid", "dj-9.pid")}).plan.services][
        2:
    ] == ["dj-9"]


def test_the_members_of_one_pattern_are_a_group_of_their_own(loaded: Write) -> None:
    made = loaded("services: {'dj-*': {pidfile: '/run/dj.{member}.pid'}}")
    assert plan(made).groups == (Group("dj-*", Share(1)),)
    assert member(made, "dj-3").groups == ("dj-*",)


def test_pidfiles_may_be_deep_and_say_the_part_more_than_once(loaded: Write) -> None:
    made = plan(loaded("services: {'app-*': {pidfile: '/srv/{member}/pids/dj.{member}.pid'}}"))
    (mold,) = made.molds
    assert (mold.directory, mold.entry, mold.tail) == ("/srv", "(.*)", "pids/dj.{member}.pid")
    both = plan(loaded("services: {'app-*': {pidfile: '/run/{member}-{member}.pid'}}")).molds[0]
    assert compiled(both.entry).fullmatch("a-a.pid")
    assert not compiled(both.entry).fullmatch("a-b.pid")


def test_a_template_is_above_the_defaults_and_below_the_service(loaded: Write) -> None:
    made = loaded("""
defaults: {supervisor: runit, stop_timeout: 5m, settle: 1s, rules: if memory > 1 MB then alert}
templates:
  slow: {use: celery, stop_timeout: 20m, add_rules: if memory > 2 MB then alert}
services:
  one: {use: slow, settle: 2s}
  two-*: {use: [slow, rq]}
  three: {}
""")
    one, three = plan(made).services
    assert (one.stop_timeout, one.settle, one.survivors) == (1200.0, 2.0, Survivors.WAIT)
    assert one.cmdline == r"\bcelery"
    assert [rule.key for rule in one.rules][:2] == [
        "if memory > 1 MB then alert",
        "if memory > 2 MB then alert",
    ]
    assert (three.stop_timeout, three.cmdline) == (300.0, None)
    two = member(made, "two-1")
    assert (two.stop_timeout, two.cmdline) == (600.0, r"\brq\b")


def test_a_shipped_signal_gives_way_to_your_stop_command(loaded: Write) -> None:
    made = plan(
        loaded("""
services:
  a: {supervisor: runit, use: sidekiq}
  b: {pidfile: /run/b.pid, use: sidekiq, stop: /bin/true, start: /bin/true}
""")
    )
    a, b = made.services
    assert [(rung.name, rung.wait) for rung in a.stop_signal] == [("TSTP", 30.0), ("TERM", None)]
    assert b.stop_signal == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "services: {'a-*': {supervisor: runit}, '*-b': {supervisor: runit}}",
            '1:40: "*-b" and "a-*" can name one service, and neither is longer: the other is in',
        ),
        (
            "services: {'a-*': {pidfile: /run/a.pid}}",
            '1:29: pidfile: every member of "a-*" would be /run/a.pid: put {member} or {name} in',
        ),
        ("services: {'a-[': {supervisor: runit}}", '1:12: "a-[": a [ without its ]'),
        ("services: {'a *': {supervisor: runit}}", '1:12: "a *": no name has a " " in it'),
        (
            "services: {'a-{1..2}-*': {supervisor: runit}}",
            '1:12: "a-{1..2}-*": braces or a pattern, not both',
        ),
        (
            "services: {a: {supervisor: runit, members: 3}}",
            '1:35: "members" belongs to a pattern: to a key like worker-*',
        ),
        (
            "defaults: {exclude: [a]}",
            '1:12: "exclude" belongs to a pattern: to a key like worker-*',
        ),
        (
            "services: {'a*': {supervisor: runit, members: none}}",
            "1:47: members: none is not a whole number from 1 to 10000",
        ),
        (
            "services: {a: {supervisor: runit, use: sidekik}}",
            '1:40: there is no template "sidekik": did you mean "sidekiq"?',
        ),
        (
            "templates: {a: {use: b}, b: {use: a}}\nservices: {c: {supervisor: runit}}",
            "1:22: templates use each other: b -> a -> b",
        ),
        (
            "templates: {a: {stop_timout: 5m}}\nservices: {c: {supervisor: runit}}",
            '1:17: unknown key "stop_timout": did you mean "stop_timeout"?',
        ),
        ("services: {svwatch: {supervisor: runit}}", '1:12: "svwatch" means the watchdog itself'),
        (
            "services: {'a-*': {supervisor: runit, stop_timeout: '{member}'}}",
            "1:53: stop_timeout:",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(loaded: Write, text: str, said: str) -> None:
    found = errors(loaded(text))
    assert any(one.startswith(f"svwatch.yaml:{said}") for one in found), found


def test_a_mistake_in_a_pattern_is_told_once(loaded: Write) -> None:
    text = """
services:
  a-*: {supervisor: runit, rules: if totalmem > 5 then alert}
  a-b-*: {}
"""
    assert len(errors(loaded(text))) == 1


def test_programs_and_users_that_depend_on_the_member_are_not_doubted(loaded: Write) -> None:
    text = """
services:
  a-*: {pidfile: '/run/{name}.pid', start: '/no/{member}/x', stop: /no/such, as: 'u{member}'}
"""
    said = [show(one) for one in loaded(text).problems if "there is no" in one.what]
    assert said == ['svwatch.yaml:3:68: there is no program "/no/such" now (a warning)']


GLOB = st.text("ab*?", min_size=1, max_size=5).filter(lambda text: "*" in text or "?" in text)


@given(GLOB, GLOB, st.text("ab", max_size=6))
def test_two_patterns_that_match_one_name_overlap(one: str, other: str, name: str) -> None:
    first, second = parse(one), parse(other)
    both = all(compiled(glob.regex).fullmatch(name) for glob in (first, second))
    assert not both or overlap(first, second)
    assert overlap(first, second) == overlap(second, first)


@pytest.mark.parametrize(
    ("one", "other", "can"),
    [
        ("a-*", "b-*", False),
        ("a-*", "a-b-*", True),
        ("a-?", "a-??", False),
        ("a-[12]", "a-[3-9]", False),
        ("a-[!1]", "a-[1-2]", True),
        ("*-a", "b-*", True),
    ],
)
def test_overlap(one: str, other: str, can: bool) -> None:
    assert overlap(parse(one), parse(other)) is can
