"""Several messages in one JSON document, bounded in size."""

from svwatch.core.words import WORDS
from svwatch.view.letter import Item, Letter, Message
from svwatch.view.sorting import RANK, loudness, stories, worst
from svwatch.view.to_json import SCHEMA, Value, printable, text_of, whole

ITEMS = 500


def document(items: tuple[Item, ...], letter: Letter, told: Message, held: float | None) -> str:
    """Write a digest for a program; *told* is the mail that it would be.

    What it shares with the document of one event means the same (`to_webhook.webhook`):
    `schema_version`, `host`, `level`, `subject`, `text`, `sent`, `late`. Besides:

    - `kind`: "digest"; `messages`: how many, `services`: of how many services
    - `held_seconds`: null where nothing was held back; `since`, `until`: unix seconds
    - `items`: [{`event`, `service`, `what`, `word`, `why`, `level`, `at`, `brief`}], oldest
      first; of more than 500 those that are left out (the oldest of the least level) are counted
      in `left_out`
    """
    found = stories(items)
    shown = _kept(items)
    body: dict[str, Value] = {
        "schema_version": SCHEMA,
        "kind": "digest",
        "host": printable(letter.host),
        "level": worst(found).value,
        "subject": told.subject,
        "text": told.body,
        "sent": whole(letter.now),
        "since": whole(min(one.at for one in items)),
        "until": whole(max(one.at for one in items)),
        "held_seconds": whole(held),
        "messages": len(items),
        "services": len(found),
        "items": [item_document(one) for one in shown],
        "left_out": len(items) - len(shown),
        "late": None,
    }
    return text_of(body)


def _kept(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Give no more than ITEMS of them, the loudest and newest, in their order."""
    if len(items) <= ITEMS:
        return items
    order = sorted(range(len(items)), key=lambda at: (RANK[loudness(items[at])], -at))
    return tuple(items[at] for at in sorted(order[:ITEMS]))


def item_document(one: Item) -> dict[str, Value]:
    """Write one of many."""
    return {
        "event": one.number or None,
        "service": printable(one.service),
        "what": one.what.value,
        "word": WORDS[one.what].value,
        "why": one.why.value,
        "level": one.level.value,
        "at": whole(one.at),
        "brief": printable(one.brief),
    }
