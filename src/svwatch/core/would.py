"""What a step would have done, for a dry run: its effects in words."""

from svwatch.core.phases import Phase
from svwatch.core.plan import Service
from svwatch.core.seen import Kind
from svwatch.core.sentence import found
from svwatch.core.state import Goal, Intent, Run, State, Step
from svwatch.core.units import show_duration


def would_do(service: Service, before: State, step: Step) -> str:
    """Say what *step* began that *before* had not: `would restart: ...`; "" for nothing."""
    after = step.state
    if after.intent is not None and before.intent is None:
        return _remedy(service, after, step, after.intent)
    if after.bid is not None:
        what = found(service, after, after.bid.rule, step.findings)
        return f"would restart when it is its turn: {what}"
    if after.phase is Phase.HELD and before.phase is not Phase.HELD:
        return f"would give up: {found(service, after, after.by, step.findings)}"
    if after.phase is Phase.BACKOFF and before.phase is not Phase.BACKOFF:
        return f"would wait: {found(service, after, after.by, step.findings)} does not get better"
    commands = [
        " ".join(effect.command.argv)
        for effect in step.effects
        if isinstance(effect, Run) and effect.kind is Kind.EXEC
    ]
    return f"would run: {'; '.join(commands)}" if commands else ""


def _remedy(service: Service, after: State, step: Step, intent: Intent) -> str:
    what = found(service, after, intent.rule, step.findings) if intent.rule else intent.who
    words = f"would {intent.goal.value}: {what}"
    if intent.goal is Goal.START:
        return words
    return f"{words}; it may take {show_duration(service.stop_timeout)} to end"
