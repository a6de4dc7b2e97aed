"""The form of a regime file as a JSON Schema, for editors: `python -m services.policy.format` writes policies/schema.json.

Loading checks more (loading.py): what one key asks of another cannot be said here without hiding it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from services.plausibility.figures import FIGURES
from services.policy.loading import AUDIENCES, CONTENT, EXCEPTIONS, INSIDE
from services.policy.model import TALK_BOUNDS, WORDING_MARKS, Aggregate, DayCount, Limit, Telling, Unit
from services.policy.vocabulary import OBLIGATIONS, TRAITS

TARGET = Path(__file__).resolve().parents[2] / "policies" / "schema.json"
COMMAND = "python -m services.policy.format"
Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_DURATION: Schema = {
    "type": "string",
    "pattern": r"^[0-9]+ +(seconds?|minutes?|hours?|days?)$",
    "examples": ["2 hours"],
}
_CONDITION: Schema = {
    "description": "a word, a list of words, true or false, or a range of numbers",
    "anyOf": [
        {"type": ["string", "boolean"]},
        {"type": "array", "items": {"type": ["string", "boolean"]}, "minItems": 1},
        {
            "type": "object",
            "properties": {"at_least": {"type": "number"}, "below": {"type": "number"}},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ],
}


def schema() -> Schema:
    """The whole schema (2020-12)."""
    settings = {
        "calendar": _closed({"country": {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166 code"}}),
        "key_customers": _closed({"informing_time": _DURATION}),
        "lifecycle": _closed({"close_after": _DURATION, "same_fault_within": _DURATION}),
        "budget": _closed({"year": _one_of(("calendar", "rolling"))}),
        "overlaps": _closed({"near": _DURATION}),
        "plausible": _closed({"furthest_ahead": _DURATION, "longest": _DURATION}),
    }
    optional = {
        "facts": _open(dict.fromkeys(FIGURES.__slots__, _DURATION)),
        "telling": _open({field.name: _limit(field.name) for field in fields(Telling)}),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A regime: the rules a power utility goes by, as data",
        **_closed(
            {
                "id": _TEXT,
                "version": _TEXT,
                "title": _TEXT,
                "settings": {**_closed(settings), "properties": {**settings, **optional}},
                "inside": _closed({name: _one_of(allowed) for name, allowed in INSIDE.items()}),
                "rules": {"type": "array", "minItems": 1, "items": _rule()},
            }
        ),
    }


def _limit(name: str) -> Schema:
    """A limit of [settings.telling]: a time, or a number of words."""
    if name not in TALK_BOUNDS:
        return _DURATION
    least, most = TALK_BOUNDS[name]
    return {"type": "integer", "minimum": least, "maximum": most}


def _rule() -> Schema:
    properties: Mapping[str, Schema] = {
        "id": {**_TEXT, "description": "its name in every decision"},
        "source": {**_TEXT, "description": "the clause it comes from"},
        "wording": {**_TEXT, "description": f"the clause quoted, or {' '.join(WORDING_MARKS)} and what it says"},
        "note": {**_TEXT, "description": "how it is read"},
        "verified": {
            "type": "boolean",
            "description": "false: the figure was not read in the source or a good report of it; each use says so",
        },
        "obligation": {**_one_of(OBLIGATIONS), "description": "what must be done; services ask for rules by it"},
        "applies_when": {
            "type": "object",
            "properties": dict.fromkeys(TRAITS, _CONDITION),
            "additionalProperties": False,
        },
        "measure_from": _TEXT,
        "measure_to": _TEXT,
        "limit": _one_of(get_args(Limit)),
        "amount": {"type": "number", "minimum": 0},
        "unit": _one_of(get_args(Unit)),
        "day_count": _one_of(get_args(DayCount)),
        "calendar": _one_of(("utility",)),
        "audience": _one_of(AUDIENCES),
        "content_required": _some_of(CONTENT),
        "tolerance": _DURATION,
        "aggregate": _one_of(get_args(Aggregate)),
        "exceptions": _some_of(EXCEPTIONS),
        "consequence": _TEXT,
        "refusal": {**_TEXT, "description": "the named reason when a request breaks it"},
        "at_risk_before": _DURATION,
    }
    required = ("id", "source", "wording", "verified", "obligation")
    return {"type": "object", "properties": dict(properties), "required": [*required], "additionalProperties": False}


def _closed(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [*properties],
        "additionalProperties": False,
    }


def _open(properties: Mapping[str, Schema]) -> Schema:
    """A table whose keys may all be left out."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _one_of(words: Sequence[str]) -> Schema:
    return {"enum": [*words]}


def _some_of(words: Sequence[str]) -> Schema:
    return {"type": "array", "items": _one_of(words)}


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with --check compare it; 1 when it differs."""
    text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    if "--check" not in arguments:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"policies/schema.json differs from what the code gives: run {COMMAND} and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
