"""Refuse fields that no contract knows, for senders: readers would ignore a data-entry error in silence."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from schemas.contracts.all_types import REGISTRY
from schemas.envelope import UNREADABLE, CloudEvent
from schemas.errors import ContractError, bare_type, shown


def refuse_unknown_fields(event: CloudEvent) -> None:
    """Check the data that `event` was read from (`body`) against its closed contract, at every depth.

    Raises:
        ContractError: reason unknown-field, with the path and, if one is near, the field that was meant; or see as_written.

    """
    data = as_written(event) if event.body else {}
    for path, known in _unknown(_contract(event.type), data, ""):
        near = get_close_matches(path.rpartition(".")[2], known, n=1)
        remedy = f"did you mean {near[0]}?" if near else "leave it out: readers would ignore it"
        error = ContractError(shown(path).strip("'"), "is not a field we know", remedy, reason="unknown-field")
        error.name(event.source, event.id, event.type)
        raise error


def as_written(event: CloudEvent) -> Any:
    """All that its data says, as it came. Reading by contract passes over what no contract knows without looking at it.

    Raises:
        ContractError: reason not-json: some of that is no JSON, or a number that nothing can hold.

    """
    try:
        return msgspec.json.decode(event.body)
    except UNREADABLE as problem:
        error = ContractError(
            "data",
            f"holds a field we do not know that cannot be read ({problem})",
            "leave it out: readers would ignore it",
            reason="not-json",
        )
        error.name(event.source, event.id, event.type)
        raise error from None


@cache
def _contract(type_name: str) -> inspect.Type:
    """What the data of a type may hold: asked for each event, slow to find out, and never another."""
    return inspect.type_info(REGISTRY[type_name].struct)


def _unknown(kind: inspect.Type, value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """Path and known neighbours of each field that `kind` does not have."""
    kind = bare_type(kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        for name, item in value.items():
            at = f"{path}.{name}" if path else name
            if name not in fields:
                if name != kind.tag_field:
                    yield at, list(fields)
            else:
                yield from _unknown(fields[name], item, at)
    elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(kind.item_type, item, f"{path}[{index}]")
