"""A message for a program: one JSON document."""

from svwatch.core.event import Event
from svwatch.core.ledger import Why
from svwatch.core.words import WORDS
from svwatch.view import to_json
from svwatch.view.advice import advice
from svwatch.view.cost import cost
from svwatch.view.lasting import as_of
from svwatch.view.letter import Letter, Message
from svwatch.view.to_json import SCHEMA, Value, printable, text_of, whole
from svwatch.view.to_message import message


def webhook(event: Event, why: Why, letter: Letter) -> Message:
    """Write the message for a webhook. Never raises.

    Its body is one JSON object. Bytes, counts and times (unix seconds) are whole numbers,
    durations are seconds. Every key is always there; what is not known is null or empty.

    - `schema_version` 1, raised when a key changes its meaning or goes; `kind`: "event" (a digest
      says "digest", what is no event "notice", see `digest_document` and `compose.bare`)
    - `host`; `event`: its number; `service`; `groups` of the service
    - `what`: the kind of event, as `svwatch events` names it; `word`: what a route's `only` and
      `except` call it; `why` it is told now: raised, begun, verdict, worsened, reminder, cleared
    - `level`: notice, warning, critical; `closed`: nothing more will be said of this event
    - `at`, `updated`: when it began and when it last changed; `sent`: when this was written
    - `subject`: one line of at most 140 characters; `brief`: the same without host, level and
      service; `text`: a whole mail
    - `facts`: the numbers behind it, those that are known (see `svwatch events --json`)
    - `rule`: {`text`, `where`} or null
    - `lines`: [{`at`, `what`, `detail`}], the timeline; `log`: the last lines of its log
    - `cost`: what it costs to intervene, a list of sentences
    - `commands`: [{`purpose`, `command`}], the most useful first
    - `late`: null, or {`decided`, `seconds`, `error`} where it comes late
    - `earlier`: what was decided of the service just before, as `items` of a digest, the newest
      ten, and `earlier_left_out`, how many more there were
    """
    told = message(event, why, letter)
    event = as_of(event, why, letter)
    shown = to_json.event(event)
    body: dict[str, Value] = {
        "schema_version": SCHEMA,
        "kind": "event",
        "host": printable(letter.host),
        "event": event.number,
        "groups": [] if letter.service is None else list(map(printable, letter.service.groups)),
        "word": WORDS[event.what].value,
        "why": why.value,
        "sent": whole(letter.now),
        "subject": told.subject,
        "brief": told.brief,
        "text": told.body,
        "rule": _rule(event),
        "log": [printable(line) for line in letter.log],
        "cost": list(cost(event, letter)),
        "commands": [{"purpose": one, "command": command} for one, command in advice(event)],
        "late": None,
        "earlier": [],
        "earlier_left_out": 0,
    }
    kept = ("service", "what", "level", "closed", "at", "updated", "facts", "lines")
    body |= {key: shown[key] for key in kept}
    return Message(told.subject, text_of(body), told.brief)


def _rule(event: Event) -> dict[str, Value] | None:
    facts = event.facts
    if not facts.rule:
        return None
    return {"text": printable(facts.rule), "where": printable(facts.where or "")}
