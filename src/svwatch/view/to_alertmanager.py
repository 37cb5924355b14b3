"""What is open, for Alertmanager's API v2: labels that say who, annotations that say what."""

from collections.abc import Iterable

from msgspec import json

from svwatch.core.firing import Firing
from svwatch.view import when
from svwatch.view.clean import one_line
from svwatch.view.to_json import printable

WIDE = 1000  # characters of a label or a summary
PAGE = 8000  # of a description: a receiver shows the beginning


def alerts(found: Iterable[Firing], host: str, ends_at: float) -> str:
    """Write *found* as the JSON list that `POST /api/v2/alerts` takes.

    *ends_at* (unix seconds) is when what is open ends unless it is posted again; what is closed
    ends when it did. Never raises. The labels are `alertname`, `host`, `service`, `severity`
    (notice, warning, critical), `kind` (the word of a route's `only`), and where there are any
    `group` (a comma between several), `rule` and `mode`. They are what makes an alert the same
    one again, so no pid, no value that was measured and no time is in them. The annotations are
    `summary`, `description` and `command`.
    """
    return json.encode([alert(one, host, ends_at) for one in found]).decode()


def alert(one: Firing, host: str, ends_at: float) -> dict[str, str | dict[str, str]]:
    """Give one alert; an end that is before its start is none that Alertmanager takes."""
    end = ends_at if one.closed is None else min(one.closed, ends_at)
    return {
        "labels": _labels(one, host),
        "annotations": _annotations(one),
        "startsAt": stamp(one.since),
        "endsAt": stamp(max(end, one.since)),
    }


def alertname(one: Firing) -> str:
    """Name the kind of event as alerts are named: `SvwatchWillNotStop`."""
    words = "".join(char if char.isalnum() else " " for char in one.what.value).split()
    return "Svwatch" + "".join(word.capitalize() for word in words)


def _labels(one: Firing, host: str) -> dict[str, str]:
    labels = {
        "alertname": alertname(one),
        "host": host,
        "service": one.service,
        "severity": one.level.value,
        "kind": one.word.value,
        "group": ",".join(one.groups),
        "rule": one.rule,
        "mode": "observe" if one.observed else "",
    }
    return {key: _line(value) for key, value in labels.items() if value.strip()}


def _annotations(one: Firing) -> dict[str, str]:
    said = {
        "summary": _line(one.summary),
        "description": printable(one.description)[:PAGE],
        "command": f"svwatch why {one.number}" if one.number else "",
    }
    return {key: value for key, value in said.items() if value}


def _line(text: str) -> str:
    return printable(one_line(text, WIDE))


def stamp(wall: float) -> str:
    """Show unix seconds as RFC 3339 wants them, in UTC: `2026-11-16T11:00:00.000Z`."""
    whole = round(wall * 1000) / 1000  # first: what is shown must not end before it begins
    year, month, day = when.civil(when.days(whole, 0))
    return f"{year:04}-{month:02}-{day:02}T{when.fine(whole, 0)}Z"
