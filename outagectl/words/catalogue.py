"""Words by the struct of an event: a field that is renamed in a contract fails in the type checker, and not on a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from operations.times import Times

E = TypeVar("E")


class Words(NamedTuple):
    """One kind of event in words. Both are called with an event of that kind."""

    kind: type
    history: Callable[[Any, Times], str]
    """A sentence by itself."""
    book: Callable[[Any, Times], str] | None
    """As a log book says it, after the name of whoever says it; None where it is the same sentence."""


def words(kind: type[E], history: Callable[[E, Times], str], *, book: Callable[[E, Times], str] | None = None) -> Words:
    """The words of one kind of event, checked against its fields."""
    return Words(kind, history, book)


def catalogue(*rows: Words) -> Mapping[type, Words]:
    """Rows by their kind.

    Raises:
        ValueError: a kind has words twice.

    """
    made = {row.kind: row for row in rows}
    if len(made) < len(rows):
        raise ValueError("a kind of event has words twice")
    return made


def merged(catalogues: Iterable[Mapping[type, Words]]) -> Mapping[type, Words]:
    """Several catalogues as one."""
    return catalogue(*(row for one in catalogues for row in one.values()))
