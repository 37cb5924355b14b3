"""What an event means: what was done, what will be done, and what will not."""

from svwatch.core.event import Event
from svwatch.core.flapping import CALM
from svwatch.core.ledger import What
from svwatch.core.phrase import amount
from svwatch.core.units import age, show_duration
from svwatch.view import ourselves
from svwatch.view.joining import joined
from svwatch.view.letter import Letter, patience
from svwatch.view.numbers import because
from svwatch.view.subject import ENDS, ends

SECOND_COPY = "No second copy was started and none will be."
UNTOUCHED = "Nothing is signalled and nothing is started until that is settled."


def meaning(event: Event, letter: Letter) -> tuple[str, ...]:
    """Give the sentences that follow the subject of a message about *event*."""
    flaps = event.facts.flaps and event.what not in ENDS
    return (*_meant(event, letter), *((FLAPS,) if flaps else ()))


FLAPS = (
    "It comes and goes: nobody is told of each time from now on. "
    f"One more message when it has been well for {show_duration(CALM)}."
)


def _meant(event: Event, letter: Letter) -> tuple[str, ...]:
    match event.what:
        case What.RESTART_FIXED | What.START_FIXED:
            return (_fixed(event, letter),)
        case What.RESTART_BEGUN | What.STOP_BEGUN:
            limit = f" It may take {patience(letter)} (stop_timeout)." if patience(letter) else ""
            return (
                f"{event.service} was told to end at {letter.clock(event.at)}.{limit}",
                "Another message tells how it ended; nothing is started before all of it is gone.",
            )
        case What.START_BEGUN:
            return (f"{event.service} is being started. Another message tells how it ended.",)
        case What.RESTART_FAILED | What.START_FAILED:
            return _failed(event)
        case What.RESTART_WITHDRAWN:
            return ("The restart was given up before its end; the times below tell why.",)
        case What.STOPPED:
            return (f"{event.service} stays down until somebody starts it.",)
        case _:
            return _left_alone(event, letter)


def _fixed(event: Event, letter: Letter) -> str:
    facts = event.facts
    over = facts.measured is not None and facts.limit is not None
    first = "was over its limit and was restarted" if over else "was restarted"
    if facts.test == "no answer":
        first = "did not answer and was restarted"
    if event.what is What.START_FIXED:
        first = "was down and was started"
    settled = letter.service.settle if letter.service is not None else None
    size = "" if facts.after is None else amount(facts.after, "bytes")
    lives = f"up {show_duration(settled)}" if settled else ""
    well = joined(size, lives, by=", ")
    down = f" Down for {age(facts.down)}." if facts.down else ""
    return f"{event.service} {first}. It is well{': ' + well if well else ''}.{down}"


def _failed(event: Event) -> tuple[str, ...]:
    kind = "restart" if event.what is What.RESTART_FAILED else "start"
    return (
        f"The {kind} of {event.service} did not bring a process that lives.",
        "svwatch goes on watching and tries again when its rules ask for it.",
    )


def _left_alone(event: Event, letter: Letter) -> tuple[str, ...]:
    facts, name = event.facts, event.service
    until = ends(event, letter)
    match event.what:
        case What.GAVE_UP:
            rest = f"until {until}" if until else "until somebody says so"
            goes_on = "runit goes on trying by itself." if letter.runit else ""
            said = joined(f"svwatch does not restart {name} {rest}.", goes_on, by=" ")
            return (said, *_waits(letter))
        case What.BACKING_OFF:
            again = f"and starts it again at {until}" if until else ""
            return (joined(f"svwatch holds {name} down", again, by=" ") + ".", *_waits(letter))
        case What.NO_HELP:
            least = amount(facts.after, "bytes") if facts.after is not None else ""
            small = f" The smallest it has been since its start is {least}." if least else ""
            again = f" The next restart is at {until} at the earliest." if until else ""
            return (f"Restarts in a row did not help {name}.{small}{again}",)
        case What.WILL_NOT_STOP:
            return _unending(event, letter)
        case What.RESTARTED:
            return _restarted(event, letter)
        case What.CRASHING:
            again = "runit starts it again each time; " if letter.runit else ""
            return (f"{again}svwatch counts. No mail per crash: one more when it has recovered.",)
        case _:
            return _noticed(event, letter)


def _waits(letter: Letter) -> tuple[str, ...]:
    """Say when one hears of it again."""
    every = f"a reminder every {show_duration(letter.remind)}; " if letter.remind else ""
    return (f"One more message when it recovers; {every}no mail per crash.",)


def _unending(event: Event, letter: Letter) -> tuple[str, ...]:
    why = because(event.facts)
    told = f"{event.service} was told to end at {letter.second(event.at)}"
    lines = [told + (f" ({why})" if why else "") + f" and still runs. {SECOND_COPY}"]
    if letter.runit:
        lines.append("runit wants it down: when it ends, svwatch goes on by itself.")
    kill = letter.service.kill_after if letter.service is not None else None
    if kill is not None:
        lines.append(f"It is killed {show_duration(kill)} after its time was over (kill_after).")
    elif letter.service is not None:
        lines.append("kill_after is not set, so it is not killed.")
    return tuple(lines)


def _restarted(event: Event, letter: Letter) -> tuple[str, ...]:
    facts = event.facts
    size = amount(facts.old_memory, "bytes") if facts.old_memory is not None else ""
    old = joined(
        f"up {age(facts.old_age)}" if facts.old_age else "",
        f"last seen {size}" if size else "",
        by=", ",
    )
    ended_at = event.at - (facts.down or 0.0)
    ended = f"pid {facts.old.pid}" if facts.old is not None else "The process"
    lines = [f"{ended}{f' ({old})' if old else ''} ended at {letter.second(ended_at)}"]
    if facts.new is not None:
        after = f" since {age(facts.down)} later" if facts.down else ""
        lines[0] += f"; pid {facts.new.pid} runs{after}"
    lines[0] += "."
    if facts.cause == "oom":
        lines.append("Likely cause: the oom_kill counter of its cgroup rose at the same time.")
    elif not facts.planned:
        lines.append("Why it ended is not known: svwatch does not see exit codes of others.")
    lines.append("Planned, so not counted." if facts.planned else "Nothing to do for svwatch.")
    return tuple(lines)


ALERT_ONLY = "This rule alerts only: nothing is done."
PLAINLY: dict[What, str] = {
    What.OVER: ALERT_ONLY,
    What.SIGNALLED: "The signal went to exactly that process; svwatch goes on watching.",
    What.NO_ANSWER: ALERT_ONLY,
    What.RULE: ALERT_ONLY,
    What.WOULD: "mode: observe: svwatch judges and tells, and does nothing.",
    What.SUSPECT_PID: UNTOUCHED,
    What.DOUBLED: UNTOUCHED,
    What.PIDFILE_LOST: f"The process lives and stays watched. {SECOND_COPY}",
    What.SOMEONE_ELSE: f"It was not started by svwatch. {SECOND_COPY}",
    What.CANNOT_MEASURE: "It is not judged meanwhile: nothing is done, nothing is called ok.",
    What.GONE: "It is not watched any more, and shown until it is back or forgotten.",
    What.NOT_WATCHED: "It is not judged and no rule acts on it until somebody monitors it again.",
    What.ON_HOLD: "It is judged, and not restarted; what is told of it is kept back until then.",
    What.RELEASED: "Its rules act again.",
    What.MONITORED: "Its rules act again; the restarts before are forgotten.",
    What.DOWN_BY_HAND: "Somebody ran sv down: svwatch leaves it alone until it is up again.",
}
"""What needs no numbers."""


def _noticed(event: Event, letter: Letter) -> tuple[str, ...]:
    if event.what is What.DOWN:
        if letter.runit:
            return ("runit wants it up and its runsv lives: starting it is runit's work.",)
        return ("It is started when its rules say so.",)
    if event.what is What.CANNOT_MEASURE and event.facts.rule:
        return ("That rule is not judged meanwhile; the others are.",)
    if event.what in PLAINLY:
        return (PLAINLY[event.what],)
    return ourselves.meaning(event, letter)
