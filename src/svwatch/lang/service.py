"""One service: its merged keys to a Service. All defaults of a service are here."""

import os
import re

from msgspec import Struct

from svwatch.core.plan import Command, Service, Survivors
from svwatch.lang.commands import Usual, command, environment, long_timeout, user_of
from svwatch.lang.fields import Fields
from svwatch.lang.layers import Layered
from svwatch.lang.problem import Complaints
from svwatch.lang.rulebook import Hands, rules
from svwatch.lang.secrets import Outside
from svwatch.lang.target import Target, target

TIMEOUT = 30.0  # start_timeout and stop_timeout, as monit's
START_AFTER = 10.0
SETTLE = 10.0
WARM_UP = 0.0


class Common(Struct, frozen=True):
    """What the whole configuration says that every service needs."""

    outside: Outside
    interval: float
    observe: bool
    root: str  # of runit's service directories


class Made(Struct, frozen=True):
    """A service and what it must share with no other."""

    service: Service
    target: Target


def make(layered: Layered, common: Common, complaints: Complaints) -> Made | None:
    """Give the service that *layered* describes; None after a complaint about its target."""
    name = layered.member.name
    given = Fields(layered.nodes, layered.entry.key.place, complaints)
    where = target(given, name, common.root)
    usual = Usual(user_of(given), environment(given, common.outside))
    start_timeout = given.duration("start_timeout", TIMEOUT)
    stop_timeout = given.duration("stop_timeout", long_timeout(given, "stop", TIMEOUT))
    start = command(given, "start", usual, start_timeout, common.outside)
    stop = command(given, "stop", usual, stop_timeout, common.outside)
    runit = where is not None and where.service_dir is not None
    if runit:
        _refuse_command("start", start, given)
        _refuse_command("stop", stop, given)
    hands = Hands(
        runit=runit,
        start="start" in given,
        stop="stop" in given,
        usual=usual,
        interval=common.interval,
    )
    judged = rules(layered.rules, hands, complaints)
    service = Service(
        name=name,
        where=layered.entry.key.place.short(),
        service_dir=where.service_dir if where else None,
        pidfile=where.pidfile if where else None,
        cmdline=given.parsed("cmdline", _regex, "a regular expression"),
        trust_pidfile=given.yes("trust_pidfile", default=False),
        start=None if runit else start,
        stop=None if runit else stop,
        interval=common.interval,
        start_after=given.duration("start_after", START_AFTER),
        start_timeout=start_timeout,
        stop_timeout=stop_timeout,
        kill_after=given.duration("kill_after", 0.0) if "kill_after" in given else None,
        settle=given.duration("settle", SETTLE),
        warm_up=given.duration("warm_up", WARM_UP),
        survivors=given.choice("survivors", Survivors, Survivors.SIGNAL),
        expect_up=given.word("expect", ("up",)) == "up",
        observe=_observe(given, common),
        log=given.path("log") or _log(where),
        groups=_groups(given, layered),
        rules=judged,
    )
    return None if where is None else Made(service, where)


def _regex(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    return value


def _refuse_command(key: str, given: Command | None, fields: Fields) -> None:
    if given is None:
        return
    if os.path.basename(given.argv[0]) == "sv":
        fields.complaints.remark(fields.where(key), f"{key}: svwatch has its own way with runit")
    else:
        what = f"under runit {key} is runit's own affair"
        fields.complaints.error(fields.where(key), what, f"remove {key}:")


def _observe(given: Fields, common: Common) -> bool:
    mode = given.word("mode", MODES)
    return common.observe if mode is None else mode == "observe"


MODES = ("active", "observe")


def _log(where: Target | None) -> str | None:
    if where is None or where.service_dir is None:
        return None
    log = os.path.join(where.service_dir, "log")
    return os.path.join(log, "main", "current") if os.path.isdir(log) else None


def _groups(given: Fields, layered: Layered) -> tuple[str, ...]:
    one = given.text("group")
    listed = [node.value.strip() for node in given.words("groups")]
    names = dict.fromkeys([one, *listed] if one is not None else listed)
    if not names and layered.family is not None:
        return (layered.family,)  # the members of one entry are a group of their own
    return tuple(names)
