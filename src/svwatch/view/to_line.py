"""One event on one line: the daemon's stdout, `--check -q`, and the rows of `events`."""

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.view.clean import cut, one_line
from svwatch.view.detail import detail
from svwatch.view.story import outcome
from svwatch.view.subject import level_word

WIDE = 400  # characters: a reason that fills a screen hides the next line


def what_word(event: Event) -> str:
    """Name the kind of event as `events` does: `restart: fixed`, `restarted by runit`."""
    who = event.facts.who
    if event.what is What.RESTARTED and who and who != "unknown" and event.facts.cause != "oom":
        return one_line(f"{event.what.value} by {who}", 40)
    return event.what.value


def run_line(event: Event) -> str:
    """Say *event* for the daemon's log, which stamps the time itself (svlogd, journald)."""
    what = one_line(outcome(event), WIDE)
    return f"{level_word(event.level)}{one_line(event.service, 100)} {what}  #{event.number}"


def news_line(event: Event, host: str) -> str:
    """Say *event* for a mail by cron, where the host must be named."""
    return cut(f"{one_line(host, 100)} {run_line(event)}", WIDE + 300)


def event_row(event: Event, time: str) -> tuple[str, str, str, str, str]:
    """Give the columns of `svwatch events`; *time* as it is to be shown."""
    number = str(event.number) if event.number else "-"
    name = one_line(event.service, 100)
    return time, number, name, what_word(event), one_line(detail(event), WIDE)
