"""Patterns and directories to services: who is a member, by which layers, and who stays."""

from hypothesis import given
from hypothesis import strategies as st

from svwatch.core.expand import cast, expand, natural
from svwatch.core.family import Family, members_of
from svwatch.core.plan import Command, Mold, Plan, Service

GENERAL = Family(pattern="w-*", regex=r"w\-(.*)", where="f:1", exclude=("w-7", r"w-old.*"))
SPECIAL = Family(pattern="w-big-*", regex=r"w\-big\-(.*)", where="f:5")


def mold(*patterns: str, name: str, timeout: float) -> Mold:
    return Mold(
        patterns=patterns,
        service=Service(
            name=name,
            where="f:1",
            pidfile=f"/run/{name}.pid",
            start=Command(("/bin/ctl", "start", "{member}")),
            stop_timeout=timeout,
            family=patterns[-1],
        ),
        directory="/run",
        entry=name.replace("-", r"\-").replace("{member}", "(.*)") + r"\.pid",
    )


PLAN = Plan(
    source="f",
    services=(Service(name="w-named", where="f:9", pidfile="/run/w-named.pid"),),
    families=(GENERAL, SPECIAL),
    molds=(
        mold("w-*", name="w-{member}", timeout=1.0),
        mold("w-*", "w-big-*", name="w-big-{member}", timeout=2.0),
    ),
)
BOTH = (("w-*",), ("w-*", "w-big-*"))


def names(plan: Plan) -> list[str]:
    return [service.name for service in plan.services]


def test_entries_become_members_in_the_order_of_their_numbers() -> None:
    listed = dict.fromkeys(BOTH, ("w-10.pid", "w-9.pid", "other.pid", "w-big-1.pid"))
    expanded = expand(PLAN, listed)
    assert names(expanded.plan) == ["w-named", "w-9", "w-10", "w-big-1"]
    nine, ten, big = expanded.plan.services[1:]
    assert (nine.pidfile, nine.stop_timeout, nine.family) == ("/run/w-9.pid", 1.0, "w-*")
    assert ten.start == Command(("/bin/ctl", "start", "10"))
    assert big.stop_timeout == 2.0
    assert expanded.here == {"w-9", "w-10", "w-big-1"}


def test_the_excluded_the_named_and_those_without_a_possible_name_are_no_members() -> None:
    entries = ("w-7.pid", "w-old-1.pid", "w-named.pid", "w-a b.pid", "w-.pid", "w-ä.pid")
    assert names(expand(PLAN, dict.fromkeys(BOTH, entries)).plan) == ["w-named"]


def test_nothing_watches_what_a_named_service_watches_already() -> None:
    other = Service(name="other", where="f:3", pidfile="/run/w-1.pid")
    plan = Plan(source="f", services=(other,), families=PLAN.families, molds=PLAN.molds)
    assert names(expand(plan, dict.fromkeys(BOTH, ("w-1.pid", "w-2.pid"))).plan) == ["other", "w-2"]


def test_the_known_stay_though_they_are_not_here() -> None:
    expanded = expand(PLAN, {}, ("w-3", "w-big-4", "w-7", "unrelated"))
    assert names(expanded.plan) == ["w-named", "w-3", "w-big-4"]
    assert expanded.here == frozenset()


def test_svwatch_itself_is_never_a_member() -> None:
    every = Family(pattern="*", regex="(.*)", where="f:1")
    one = Mold(
        patterns=("*",),
        service=Service(name="{member}", where="f:1", service_dir="/service/{member}"),
        directory="/service",
        entry="(.*)",
    )
    plan = Plan(source="f", families=(every,), molds=(one,))
    assert names(expand(plan, {("*",): ("svwatch", "all", "web")}).plan) == ["web"]


def test_a_name_is_cast_without_any_directory() -> None:
    big = cast(PLAN, "w-big-9")
    assert big is not None
    assert big.stop_timeout == 2.0
    assert cast(PLAN, "x-1") is None
    assert cast(PLAN, "w-7") is None


def test_the_more_general_pattern_comes_first() -> None:
    assert members_of((SPECIAL, GENERAL), "w-big-1") == ("w-*", "w-big-*")
    assert GENERAL.part("w-big-1") == "big-1"
    assert SPECIAL.part("w-big-") is None


ENTRIES = st.lists(st.from_regex(r"w-[a-z0-9]{1,4}\.pid", fullmatch=True), unique=True)


@given(ENTRIES, ENTRIES)
def test_to_expand_again_with_what_was_found_changes_nothing(
    first: list[str], later: list[str]
) -> None:
    before = expand(PLAN, dict.fromkeys(BOTH, first))
    known = [service.name for service in before.plan.services if service.family]
    assert expand(PLAN, dict.fromkeys(BOTH, first), known) == before
    after = expand(PLAN, dict.fromkeys(BOTH, later), known)
    assert set(known) <= set(names(after.plan))
    assert len(set(names(after.plan))) == len(names(after.plan))
    assert after.here <= set(names(after.plan))


def test_numbers_are_ordered_as_numbers() -> None:
    assert sorted(["b10", "b9", "a1", "10", "b"], key=natural) == ["10", "a1", "b", "b9", "b10"]
