"""Make a JSON Schema 2020-12 of each type: closed, self-contained, every field with its meaning.

Closed, because writers send no field that is not here; readers ignore what they do not know (see README).
"""

from typing import Any

import msgspec

from schemas.contracts.all_types import REGISTRY, Contract, key_name
from schemas.tools.glossary import INSTANT, MEANINGS

Schema = dict[str, Any]

# What `format` leaves open and we do not: an offset, and a year a dispatch system can mean.
INSTANT_PATTERN = r"^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2})$"


def identifier(type_name: str) -> str:
    """The urn under which the schema of a type is known."""
    return f"urn:outage-notice:schema:{type_name}"


def schema_of(contract: Contract) -> Schema:
    """The closed schema of one type's data."""
    made = msgspec.json.schema(contract.struct)
    parts: dict[str, Schema] = {name: _closed(name, part) for name, part in sorted(made["$defs"].items())}
    root = parts.pop(contract.struct.__name__)
    root.pop("title")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": identifier(contract.type),
        "title": contract.type,
        "description": root.pop("description"),
        "x-topics": sorted(contract.topics),
        "x-key": {topic: key_name(contract.struct, topic) for topic in sorted(contract.topics)},
        **root,
        **({"$defs": parts} if parts else {}),
    }


def schemas() -> dict[str, Schema]:
    """All of them, by type name."""
    return {name: schema_of(contract) for name, contract in sorted(REGISTRY.items())}


def _closed(struct: str, part: Schema) -> Schema:
    properties = {name: _described(struct, name, field) for name, field in part.get("properties", {}).items()}
    return {**part, "properties": properties, "additionalProperties": False}


def _described(struct: str, name: str, field: Schema) -> Schema:
    """`field` with its meaning in front, hoisted out of `anyOf`."""
    field = _instants(field)
    own = field.pop("description", None)
    for choice in field.get("anyOf", []):
        own = choice.pop("description", None) or own
    generic = own is None or own.startswith("RFC 3339 instant")
    meaning = MEANINGS.get(f"{struct}.{name}") or (MEANINGS.get(name) if generic else own)
    if meaning is None:
        raise LookupError(
            f"{struct}.{name} has no meaning: describe the field, or its word in schemas/tools/glossary.py"
        )
    if "date-time" in str(field):
        meaning = f"{meaning}. {INSTANT}"
    return {"description": meaning, **_flat(field)}


def _flat(field: Schema) -> Schema:
    """A copy of `field` whose choices hold no choices: one struct or another, or null."""
    choices = [inner for choice in field.get("anyOf", []) for inner in choice.get("anyOf", [choice])]
    # `discriminator` is OpenAPI's word for what `type` says in each of them.
    return {**field, "anyOf": choices} if choices else field


def _instants(field: Schema) -> Schema:
    """A copy of `field` in which an instant needs an offset and a year from 2000 to 2199."""
    copy = {**field}
    if copy.get("format") == "date-time":
        copy["pattern"] = INSTANT_PATTERN
    if "anyOf" in copy:
        copy["anyOf"] = [_instants(choice) for choice in copy["anyOf"]]
    return copy
