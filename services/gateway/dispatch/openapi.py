"""Make the OpenAPI 3.1 document of /v1/events: python -m services.gateway.dispatch.openapi [--write].

Generated from the contracts and from what the gateway answers; committed as docs/openapi.json, and held current by a test.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from schemas.bounds import whole_range
from schemas.contracts.all_types import REGISTRY, key_name
from schemas.contracts.base import MRID
from schemas.golden import events
from schemas.tools.jsonschema import INSTANT_PATTERN, schema_of
from services.gateway.dispatch.answers import PROBLEM, Answer, Problem, Result
from services.gateway.dispatch.spoken import TYPES, topic_of
from services.gateway.dispatch.wire import BATCH, BINARY, STRUCTURED
from services.gateway.limits import MOST_BODY_BYTES, MOST_EVENTS

Part = dict[str, Any]

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
COMMAND = "python -m services.gateway.dispatch.openapi --write"
_REF = "#/components/schemas/"
_NO_CONTROL = r"^[^\u0000-\u001f\u007f]+$"
_EXAMPLE = "outage.started.v1"
_KEY_AGAIN: dict[str, str] = {
    "usagePoint": "The usage point again",
    "complaintId": "The complaint's id again",
    "enquiryId": "The enquiry's id again",
    "hotline": "The hotline again",
}
"""What the subject of an event repeats, by the field that is its key, where that is not the outage's mRID."""
_NAME: Part = {"type": "string", "minLength": 1, "maxLength": 198, "pattern": _NO_CONTROL}

_ERRORS: dict[str, str] = {
    "400": "The body is no JSON, or no CloudEvent.",
    "401": "No token, or one that is not known.",
    "403": "The token may not speak for this source, or not say this type.",
    "408": "The body came too slowly.",
    "409": "The id was used by this source for other content. Nothing was put on Kafka.",
    "413": f"More than {MOST_BODY_BYTES:,} bytes, more than {MOST_EVENTS} events, or an event larger than Kafka takes.",
    "415": "The content type is not one we read, its charset is not UTF-8, or the body is compressed.",
    "422": "The event breaks its contract: the field, the problem and the remedy are named. Or all events of a batch do.",
    "429": "Too many events for this token.",
    "500": "The gateway failed.",
    "503": "Kafka did not acknowledge, or the gateway's table is away: send it again with the same id.",
}
_HEADERS: dict[str, Part] = {
    "401": {"WWW-Authenticate": {"description": "Bearer, and what is wrong", "schema": {"type": "string"}}},
    "429": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}},
    "503": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}},
}


@cache
def text() -> str:
    """The document as JSON; equal contracts give equal bytes."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def document() -> Part:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Outage notice: dispatch over HTTP",
            "version": "1",
            "description": "CloudEvents 1.0 of dispatch systems. An event is taken exactly once by its source and id: "
            "after any doubt send it again, unchanged, with the same id.",
        },
        "paths": {
            "/v1/events": {"post": _operation()},
            "/v1/openapi.json": {
                "get": {
                    "operationId": "getOpenapi",
                    "summary": "This document",
                    "security": [],
                    "responses": {
                        "200": {
                            "description": "This document",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            },
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made by `outagectl token new`"}
            },
            "schemas": _components(),
        },
        "security": [{"token": []}],
    }


def _operation() -> Part:
    example = events()[_EXAMPLE]
    names = sorted(TYPES)
    event = {
        "oneOf": [{"$ref": f"{_REF}event.{name}"} for name in names],
        "discriminator": {
            "propertyName": "type",
            "mapping": {name: f"{_REF}event.{name}" for name in names},
        },
    }
    batch = {"type": "array", "maxItems": MOST_EVENTS, "items": event}
    return {
        "operationId": "postEvents",
        "summary": "State facts about outages, and readings of meters",
        "description": f"One event as {STRUCTURED}, up to {MOST_EVENTS} as {BATCH}, or one in binary mode: "
        f"ce- headers and its data as {BINARY}.",
        "parameters": [
            _header(name, _NAME if name == "subject" else schema, words)
            for name, (schema, words) in _attributes().items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": event, "example": example},
                BATCH: {"schema": batch, "example": [example]},
                BINARY: {
                    "schema": {"anyOf": [{"$ref": _REF + name} for name in names]},
                    "example": example["data"],
                },
            },
        },
        "responses": {
            "200": _answer("Already taken: the event, or every event of the batch.", "Result", "Answer"),
            "202": _answer("Taken: Kafka has acknowledged the event, or every event of the batch.", "Result", "Answer"),
            "207": _answer("Some events of the batch are refused; the others are taken.", "Answer"),
            **{
                status: {
                    "description": words,
                    **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
                    "content": {PROBLEM: {"schema": {"$ref": _REF + "Problem"}}},
                }
                for status, words in _ERRORS.items()
            },
        },
    }


def _answer(words: str, *names: str) -> Part:
    refs = [{"$ref": _REF + name} for name in names]
    return {
        "description": words,
        "content": {"application/json": {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}},
    }


def _attributes() -> dict[str, tuple[Part, str]]:
    """The context attributes we read: schema and meaning. The first five are required."""
    name = _NAME
    mrid = msgspec.json.schema(MRID)
    mrid.pop("description")
    return {
        "specversion": ({"const": "1.0"}, "The version of CloudEvents"),
        "id": (name, "The event's id: its source never uses it again. Source and id have 199 characters together"),
        "source": (name, "The system that states it, one of those its token may speak for"),
        "type": ({"enum": sorted(TYPES)}, "The type, with its version"),
        "time": (
            {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN},
            "When it was stated. RFC 3339 with its offset, 2000 to 2199",
        ),
        "subject": (mrid, "The outage's mRID again; may be left out"),
    }


def _header(name: str, schema: Part, words: str) -> Part:
    return {
        "name": f"ce-{name}",
        "in": "header",
        "required": False,  # only in binary mode, which OpenAPI cannot say
        "description": f"Binary mode: {words[0].lower()}{words[1:]}",
        "schema": schema,
    }


def _event(type_name: str) -> Part:
    """One type's event in JSON form."""
    attributes = _attributes()
    properties: dict[str, Part] = {
        name: {"description": words, **schema} for name, (schema, words) in attributes.items()
    }
    properties["type"] = {"description": "The type, with its version", "const": type_name}
    again = _KEY_AGAIN.get(key_name(REGISTRY[type_name].struct, topic_of(type_name)) or "")
    subject = properties["subject"] if again is None else {"description": again, **_NAME}
    properties["subject"] = {**subject, "type": ["string", "null"]}
    properties["datacontenttype"] = {"type": ["string", "null"], "pattern": "^application/json"}
    properties["traceparent"] = {"description": "W3C trace context", "type": ["string", "null"]}
    properties["data"] = {"$ref": _REF + type_name}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": properties,
    }


def _components() -> dict[str, Part]:
    found: dict[str, Part] = {}
    for name in sorted(TYPES):
        schema = schema_of(REGISTRY[name])
        parts = schema.pop("$defs", {})
        for key in ("$schema", "$id", "x-topics", "x-key"):
            schema.pop(key)
        for part, content in {**parts, name: schema}.items():
            moved = _bounded(_moved(content))
            if found.setdefault(part, moved) != moved:
                raise LookupError(f"{part} means two things: give one of the structs another name")
        found[f"event.{name}"] = _event(name)
    _, ours = msgspec.json.schema_components((Result, Answer, Problem), ref_template=_REF + "{name}")
    return dict(
        sorted((found | {name: {**part, "additionalProperties": False} for name, part in ours.items()}).items())
    )


def _moved(value: Any) -> Any:
    """`value` with references to where its parts now are."""
    if isinstance(value, dict):
        return {
            key: _REF + item.removeprefix("#/$defs/") if key == "$ref" else _moved(item) for key, item in value.items()
        }
    return [_moved(item) for item in value] if isinstance(value, list) else value


def _bounded(schema: Part) -> Part:
    """A struct's schema with the most that each whole number in it may be, which published schemas leave open."""
    for name, field in schema.get("properties", {}).items():
        for choice in field.get("anyOf", [field]):
            if choice.get("type") == "integer":
                choice["maximum"] = whole_range(
                    name, inspect.IntType(ge=choice.get("minimum"), le=choice.get("maximum"))
                ).most
    return schema


def main() -> int:
    """Print the document; with --write bring the committed one up to date, with --check compare it (1: it differs)."""
    if "--write" in sys.argv[1:]:
        COMMITTED.write_text(text(), encoding="utf-8")
    elif "--check" not in sys.argv[1:]:
        sys.stdout.write(text())
    elif COMMITTED.read_text(encoding="utf-8") != text():
        sys.stderr.write(f"{COMMITTED.name} is not what the code gives: run {COMMAND} and commit it\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
