"""What Alertmanager is given: the same labels for the same thing, and an end after its start."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from svwatch.core.firing import Firing
from svwatch.core.ledger import What
from svwatch.core.level import Level
from svwatch.core.words import WORDS
from svwatch.view.to_alertmanager import alert, alertname, alerts, stamp
from tests.view.scene import LOUD, at
from tests.view.test_forms import HOSTILE

STUCK = Firing(
    service="mailer-1",
    what=What.WILL_NOT_STOP,
    level=LOUD,
    since=at(9, 40),
    word=WORDS[What.WILL_NOT_STOP],
    rule="if totalmem > 160 MB for 3 cycles then restart",
    groups=("delayed_job", "night"),
    summary="[web7] CRITICAL mailer-1 will not stop",
    description="mailer-1 was told to end\n",
    number=320,
)


def test_an_alert_that_is_open() -> None:
    [found] = json.decode(alerts((STUCK,), "web7", at(12)))
    assert found == {
        "labels": {
            "alertname": "SvwatchWillNotStop",
            "host": "web7",
            "service": "mailer-1",
            "severity": "critical",
            "kind": "will-not-stop",
            "group": "delayed_job,night",
            "rule": "if totalmem > 160 MB for 3 cycles then restart",
        },
        "annotations": {
            "summary": "[web7] CRITICAL mailer-1 will not stop",
            "description": "mailer-1 was told to end\n",
            "command": "svwatch why 320",
        },
        "startsAt": "2026-11-16T08:40:00.000Z",
        "endsAt": "2026-11-16T11:00:00.000Z",
    }


def test_an_alert_that_is_over_ends_when_it_did_and_is_the_same() -> None:
    over = replace(STUCK, closed=at(10), summary="other", number=0, description="")
    found = alert(over, "web7", at(12))
    assert found["labels"] == alert(STUCK, "web7", at(11))["labels"]
    assert found["endsAt"] == "2026-11-16T09:00:00.000Z"
    assert found["annotations"] == {"summary": "other"}
    assert alert(replace(over, closed=at(9)), "web7", at(12))["endsAt"] == stamp(STUCK.since)
    assert alert(replace(over, closed=at(13)), "web7", at(12))["endsAt"] == stamp(at(12))


def test_what_is_only_observed_says_so() -> None:
    labels = alert(replace(STUCK, observed=True), "web7", at(12))["labels"]
    assert isinstance(labels, dict)
    assert labels["mode"] == "observe"


def test_every_kind_has_a_name_of_its_own() -> None:
    names = [alertname(replace(STUCK, what=what)) for what in What]
    assert len(set(names)) == len(What)
    assert all(name.isalnum() for name in names)
    assert alerts((), "web7", at(12)) == "[]"


@given(HOSTILE, HOSTILE, HOSTILE)
def test_labels_are_harmless_and_never_empty(name: str, host: str, rule: str) -> None:
    one = replace(STUCK, service=name, rule=rule, groups=(name,), description=name, summary=rule)
    [found] = json.decode(alerts((one,), host, at(12)))
    for said in (found["labels"], {"summary": found["annotations"].get("summary", "x")}):
        assert all(value.strip() and "\n" not in value for value in said.values())


@given(st.floats(min_value=0, max_value=4e9))
def test_times_are_rfc_3339(wall: float) -> None:
    shown = dt.datetime.fromisoformat(stamp(wall))
    assert abs(shown.timestamp() - wall) < 0.002


def test_levels_are_what_they_are_called_here() -> None:
    for level in Level:
        labels = alert(replace(STUCK, level=level), "web7", at(12))["labels"]
        assert isinstance(labels, dict)
        assert labels["severity"] == level.value
