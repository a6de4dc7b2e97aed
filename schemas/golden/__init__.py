"""Golden examples: one planned cut and one fault in 东江, with an example of every type of event there is."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import inspect

from schemas.contracts.all_types import REGISTRY, key_of
from schemas.golden import dispatch, messages, network, notices, promises, rest, restorations, tasks
from schemas.golden.words import Example
from schemas.tools.jsonschema import identifier

EXAMPLES: tuple[Example, ...] = (
    *dispatch.EXAMPLES,
    *notices.EXAMPLES,
    *restorations.EXAMPLES,
    *promises.EXAMPLES,
    *messages.EXAMPLES,
    *network.EXAMPLES,
    *rest.EXAMPLES,
    *tasks.EXAMPLES,
)


def events() -> dict[str, dict[str, Any]]:
    """Structured CloudEvents by file name: <type> in full and <type>.minimal with nothing that may be left out.

    Raises:
        LookupError: a type has no example, or more than one.

    """
    made: dict[str, dict[str, Any]] = {}
    for example in EXAMPLES:
        if example.type in made:
            raise LookupError(f"{example.type} has two golden examples: keep one")
        made[example.type] = _event(example, "", example.data)
        made[example.type + ".minimal"] = _event(example, ".minimal", minimal(example.type, example.data))
    if missing := sorted(set(REGISTRY) - set(made)):
        raise LookupError(f"no golden example of {', '.join(missing)}: add one in schemas/golden/")
    return made


def minimal(type_name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` without the fields that a sender may leave out, at every depth."""
    kept = _required(inspect.type_info(REGISTRY[type_name].struct), data)
    if not isinstance(kept, dict):
        raise TypeError(f"the data of {type_name} is an object")
    return kept


def _event(example: Example, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    struct = REGISTRY[example.type].struct
    subject = example.subject or key_of(example.topic, msgspec.convert(dict(example.data), struct))
    if subject is None:
        raise LookupError(f"the golden example of {example.type} has no key: give it a subject")
    return {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, identifier(example.type) + kind)),
        "source": example.source,
        "type": example.type,
        "time": example.time,
        "subject": subject,
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def _required(kind: inspect.Type, value: Any) -> Any:
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.StructType):
        return {
            field.encode_name: _required(field.type, value[field.encode_name])
            for field in kind.fields
            if field.required
        }
    if isinstance(kind, inspect.VarTupleType):
        return [_required(kind.item_type, item) for item in value]
    return value
