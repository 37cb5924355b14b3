"""What it costs to intervene: what a worker of a known kind loses when it is killed."""

from msgspec import Struct

from svwatch.core.event import Event
from svwatch.core.ledger import What
from svwatch.view.letter import Letter, patience


class Worker(Struct, frozen=True):
    """A kind of worker: *words* that its command line holds, and what a KILL does to its work.

    *short* continues `kills it`; *mend*, where there is one, is what finds what was lost, with
    `{}` for the pid.
    """

    words: tuple[str, ...]
    killing: str
    killed: str
    short: str
    mend: str = ""


# Sources: delayed_job's Worker.max_run_time and its clear_locks plugin, which a KILL does not
# let run; Sidekiq's wiki on reliability; Celery's task_acks_late.
WORKERS = (
    Worker(
        ("delayed_job", "delayed-job", "jobs:work"),
        "Killing it leaves its job locked for up to 4h (max_run_time).",
        "Its job stays locked for up to 4h (max_run_time)",
        "its job stays locked up to 4h",
        "Delayed::Job.where(\"locked_by like '%pid:{}'\")",
    ),
    Worker(
        ("sidekiq",),
        "Killing it loses the jobs that it runs, unless super_fetch (Sidekiq Pro) is on.",
        "The jobs that it ran are lost, unless super_fetch (Sidekiq Pro) is on",
        "its running jobs are lost without Sidekiq Pro",
    ),
    Worker(
        ("celery",),
        "Killing it loses the tasks that it runs, unless acks_late is on.",
        "The tasks that it ran are lost, unless acks_late is on",
        "its running tasks are lost without acks_late",
    ),
    Worker(
        ("gunicorn", "unicorn", "puma", "uwsgi", "uvicorn"),
        "Killing it cuts off the requests in flight.",
        "The requests in flight were cut off",
        "requests in flight are cut off",
    ),
)
ENDING = frozenset({What.WILL_NOT_STOP, What.RESTART_BEGUN, What.STOP_BEGUN})
LONG = 60.0  # a stop that may take longer is worth a word
AT_WILL = frozenset({What.OVER, What.NO_ANSWER, What.RULE, What.NO_HELP})


def worker_of(event: Event, letter: Letter) -> Worker | None:
    """Recognise what kind of worker the service is, by its command line, else as configured."""
    service = letter.service
    shown = [event.facts.command or ""]
    if service is not None:
        start = service.start.argv if service.start is not None else ()
        shown += [service.cmdline or "", " ".join(start), " ".join(service.groups)]
    for text in shown:
        for worker in WORKERS:
            if any(_holds(text, word) for word in worker.words):
                return worker
    return None


def _holds(text: str, word: str) -> bool:
    """Whether *word* stands in *text*, not within a longer one."""
    begin = text.find(word)
    while begin >= 0:
        around = text[max(0, begin - 1) : begin] + text[begin + len(word) : begin + len(word) + 1]
        if not any(char.isalnum() for char in around):
            return True
        begin = text.find(word, begin + 1)
    return False


def cost(event: Event, letter: Letter) -> tuple[str, ...]:
    """Say what a KILL has cost, or what it and a restart would cost; () where nobody knows."""
    worker = worker_of(event, letter)
    lines = []
    if worker is not None and was_killed(event):
        lines.append(f"{worker.killed}{_mend(worker, event)}.")
    elif worker is not None and event.what is What.RESTARTED and event.facts.cause == "crash":
        what = worker.killed[0].lower() + worker.killed[1:]
        lines.append(f"If it was killed: {what}{_mend(worker, event)}.")
    elif worker is not None and event.what in ENDING:
        lines.append(worker.killing)
    service = letter.service
    if event.what in AT_WILL and service is not None and service.stop_timeout >= LONG:
        lines.append(f"A restart waits up to {patience(letter)} for it to end.")
    return tuple(lines)


def was_killed(event: Event) -> bool:
    """Whether its end was a KILL, ours or the kernel's."""
    if event.what in ENDING:
        return False
    return event.facts.cause == "oom" or any(line.what == "killed" for line in event.lines)


def _mend(worker: Worker, event: Event) -> str:
    pid = event.facts.old.pid if event.facts.old is not None else None
    return "" if not worker.mend or pid is None else f": {worker.mend.format(pid)}"
