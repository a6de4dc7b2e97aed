"""Write values down by the names of their fields, and make them again: what an older class lacks has its default.

Pickle alone keeps the fields of a dataclass by their place; a field that came between two others would take the value of another.
"""

import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any, NamedTuple

MOVED: Mapping[str, str] = {
    "tests.sim.city.attacks": "tests.sim.city.breaking.attacks",
    "tests.sim.city.workloads.junk": "tests.sim.city.workloads.senders.junk",
    "tests.sim.city.workloads.rules": "tests.sim.city.workloads.operators.rules",
    "tests.sim.city.workloads.second_workers": "tests.sim.city.workloads.operators.second_workers",
}
"""Modules that were elsewhere in a release that wrote values down."""


class Fields(NamedTuple):
    """A dataclass's value: where its class is, and the fields by name."""

    module: str
    name: str
    values: dict[str, Any]


def written(value: Any) -> bytes:
    """A value made of dataclasses, contracts and plain values."""
    return pickle.dumps(_plain(value))


def read(data: bytes) -> Any:
    """The value again, in the classes that there are now.

    Raises:
        AttributeError, ImportError: a class is no more.
        TypeError: it has a new field without a default.

    """
    return _made(pickle.loads(data))  # noqa: S301 - of our own making


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        kept = {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.init}
        return Fields(type(value).__module__, type(value).__qualname__, kept)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _made(value: Any) -> Any:
    if isinstance(value, Fields):
        kind = getattr(import_module(MOVED.get(value.module, value.module)), value.name)
        known = {one.name for one in fields(kind)}
        return kind(**{name: _made(one) for name, one in value.values.items() if name in known})
    if isinstance(value, dict):
        return {name: _made(one) for name, one in value.items()}
    return type(value)(map(_made, value)) if type(value) in (list, tuple) else value
