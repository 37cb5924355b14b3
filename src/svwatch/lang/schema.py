"""The JSON Schema of the configuration, for editors that complete and check while one types.

    python -m svwatch.lang.schema > watchdog_cfg/svwatch.schema.json

An editor resolves YAML's types before it asks the schema, so a text may also be a number there.
"""

import json
import sys
from typing import Any

from svwatch.core.ladder import QUIETS, SIGNALS
from svwatch.core.level import Level
from svwatch.core.plan import Survivors
from svwatch.lang.event_words import EVENTS
from svwatch.lang.keys import (
    ADDRESS,
    COMMAND,
    GROUP,
    HEARTBEAT,
    LIMITS,
    MAIL,
    ROUTE,
    SERVICE,
    TOP,
    Form,
    Key,
)
from svwatch.lang.mail import TLS
from svwatch.lang.service import MODES

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "number"], "minLength": 1}
_AMOUNT = r"[0-9]+(\.[0-9]+)?\s*[A-Za-z]+"
DURATION: Schema = {"type": "string", "pattern": rf"^\s*({_AMOUNT}\s*)+$", "examples": ["50m"]}
_SIGNAL: Schema = {"enum": [name for name in SIGNALS if name not in QUIETS]}
_RUNG: Schema = {"type": "string", "pattern": rf"^({'|'.join(SIGNALS)})( +{_AMOUNT})?$"}
OFF: Schema = {"enum": ["off", False]}  # YAML 1.1 takes the word for a boolean
RATE: Schema = {"type": "string", "pattern": "^[0-9]+ *(per|/) *[0-9A-Za-z. ]+$"}
LIST: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


def _mapping(keys: dict[str, Key]) -> Schema:
    properties = {name: {"description": key.says, **_of(key.form)} for name, key in keys.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _each(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _words(*words: str | bool) -> Schema:
    return {"enum": list(words)}


def _of(form: Form) -> Schema:
    # A table rather than a match: one line for each form, and a missing one is a KeyError in
    # the test that generates the file.
    return {
        Form.TEXT: TEXT,
        Form.DURATION: DURATION,
        Form.PATH: {"type": "string", "minLength": 1},
        Form.REGEX: {"type": "string", "format": "regex", "minLength": 1},
        Form.YES_NO: {"type": "boolean"},
        Form.WHOLE: {"type": "integer", "minimum": 1},
        Form.SHARE: {"type": ["integer", "string"], "pattern": r"^[0-9]+(\.[0-9]+)? ?%?$"},
        Form.LIST: LIST,
        Form.COMMAND: {"$ref": "#/$defs/command"},
        Form.ENV: _each({"type": ["string", "number", "boolean"]}),
        Form.RULES: {"anyOf": [TEXT, {"type": "array", "items": {"type": "string"}}]},
        Form.LEVEL: _words(*Level),
        Form.MODE: _words(*MODES),
        Form.SURVIVORS: _words(*Survivors),
        Form.SUPERVISOR: _words("runit", "external"),
        Form.SIGNALS: {"anyOf": [_SIGNAL, {"type": "array", "items": _RUNG, "minItems": 1}]},
        Form.EXPECT: _words("up"),
        Form.TLS: _words(*TLS, True, False),
        Form.MAIL: {"anyOf": [LIST, {"$ref": "#/$defs/mail"}]},
        Form.ADDRESS: {"anyOf": [TEXT, {"$ref": "#/$defs/address"}]},
        Form.HEARTBEAT: {"anyOf": [TEXT, {"$ref": "#/$defs/heartbeat"}]},
        Form.EVENTS: {"anyOf": [_words(*EVENTS), {"type": "array", "items": _words(*EVENTS)}]},
        Form.OR_OFF: {"anyOf": [DURATION, OFF]},
        Form.RATE: RATE,
        Form.ROUTES: _each({"$ref": "#/$defs/route"}),
        Form.GROUPS: _each({"$ref": "#/$defs/group"}),
        Form.LIMITS: {"$ref": "#/$defs/limits"},
        Form.SERVICE: {"$ref": "#/$defs/service"},
        Form.SERVICES: _each({"$ref": "#/$defs/service"}),
    }[form]


def schema() -> Schema:
    """Give the schema of the main file; included files hold a part of its keys."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "svwatch configuration",
        **_mapping(TOP),
        "$defs": {
            "service": {**_mapping(SERVICE), "type": ["object", "null"]},
            "route": _mapping(ROUTE),
            "mail": _mapping(MAIL),
            "address": _mapping(ADDRESS),
            "heartbeat": _mapping(HEARTBEAT),
            "group": _mapping(GROUP),
            "limits": _mapping(LIMITS),
            "command": {"anyOf": [TEXT, _mapping(COMMAND)]},
        },
    }


def text() -> str:
    """Give the schema as it stands in the file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
