"""Judging a connection test: the newest result counts, once, and not while the service starts."""

from svwatch.core.connection import Answer, Connection, Dialled
from svwatch.core.plan import Service
from svwatch.core.reading import Reading, unknown
from svwatch.core.seen import Lost, Running
from svwatch.core.state import Mark
from svwatch.core.turn import Turn


def reached(test: Connection, turn: Turn) -> Reading:
    """Judge *test*: its value is the seconds that an answer took, *why* says what was wrong."""
    if not isinstance(turn.seen.verdict, Running | Lost):
        return unknown("no process runs")
    found = result(turn.seen.dialled, test)
    if found is None:
        return unknown("no result yet")
    if _judged(found, turn):
        return unknown("no new result yet")
    if found.answer is Answer.UNKNOWN:
        return unknown(found.why)
    if (found.answer is Answer.OK) != test.succeeded:
        return Reading(Mark.GOOD, found.seconds if found.answer is Answer.OK else None)
    if _starting(found, turn):
        return unknown("the service is starting")
    return Reading(Mark.BAD, why=said(test, found))


def result(dialled: tuple[Dialled, ...], test: Connection) -> Dialled | None:
    """Find the newest result for the place that *test* is about."""
    endpoint = test.endpoint
    return next((one for one in dialled if one.endpoint == endpoint), None)


def said(test: Connection, found: Dialled) -> str:
    """Say it whole: `port 8080 of localhost: connection refused`."""
    return f"{test.place} answers" if test.succeeded else f"{test.place}: {found.why}"


def _judged(found: Dialled, turn: Turn) -> bool:
    """Whether an earlier scheduled look had this result already; looks in between may have it."""
    looked = turn.state.looked
    return turn.fresh and looked is not None and found.at <= looked.mono


def _starting(found: Dialled, turn: Turn) -> bool:
    """Whether the process was too young when it was dialled, or not there yet."""
    known = turn.state.known
    if known is None:
        return True
    age = known.incarnation.age(turn.seen.at.boot) - (turn.mono - found.began)
    return age < pause(turn.service)


def pause(service: Service) -> float:
    """Give the age in seconds from which on a service must answer."""
    return max(service.settle, service.start_timeout)
