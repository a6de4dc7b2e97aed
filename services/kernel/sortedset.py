"""A sorted set that is never changed in place: what is added to it makes another one, which shares almost all of it.

States grow with what happens to their stream, and a state that was, must stay as it was: a failed decision goes back to it,
and what is remembered is what was committed. Copying it for each fact costs as much as all facts before. Here a fact copies
one leaf of at most 256 items and the list of leaves.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

T = TypeVar("T")

LEAF = 128
"""Items of a leaf when it is made; it is split when it has twice as many."""


class SortedSet(Generic[T]):
    """Items in ascending order, each once. Items must be comparable with each other."""

    __slots__ = ("_lasts", "_leaves", "_size")

    def __init__(self, items: Iterable[T] = ()) -> None:
        found: list[Any] = sorted(items)
        distinct = [item for index, item in enumerate(found) if index == 0 or item != found[index - 1]]
        self._set(tuple(tuple(distinct[at : at + LEAF]) for at in range(0, len(distinct), LEAF)), len(distinct))

    def _set(self, leaves: tuple[tuple[Any, ...], ...], size: int) -> None:
        self._leaves, self._size = leaves, size
        self._lasts = tuple(leaf[-1] for leaf in leaves)

    @classmethod
    def _of(cls, leaves: tuple[tuple[Any, ...], ...], size: int) -> SortedSet[T]:
        made = cls.__new__(cls)
        made._set(leaves, size)  # noqa: SLF001 - our own
        return made

    @classmethod
    def ordered(cls, items: Sequence[T]) -> SortedSet[T]:
        """A set of `items` that are in ascending order, each once, as another set's iteration gave them."""
        return cls._of(tuple(tuple(items[at : at + LEAF]) for at in range(0, len(items), LEAF)), len(items))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._leaves)

    def __contains__(self, item: object) -> bool:
        return self.ceiling(item) == item if self._size and item is not None else False

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SortedSet)
            and self._size == len(other)
            and all(a == b for a, b in zip(self, other, strict=True))
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"SortedSet({list(self)!r})"

    def add(self, item: T) -> SortedSet[T]:
        """The set with `item`; this one if it is there already."""
        if not self._leaves:
            return self._of(((item,),), 1)
        number = min(bisect_left(self._lasts, item), len(self._leaves) - 1)
        leaf = self._leaves[number]
        at = bisect_left(leaf, item)
        if at < len(leaf) and leaf[at] == item:
            return self
        grown = (*leaf[:at], item, *leaf[at:])
        parts = (grown,) if len(grown) < 2 * LEAF else (grown[:LEAF], grown[LEAF:])
        return self._of((*self._leaves[:number], *parts, *self._leaves[number + 1 :]), self._size + 1)

    def discard(self, item: T) -> SortedSet[T]:
        """The set without `item`; this one if it is not there."""
        number = bisect_left(self._lasts, item)
        if number == len(self._leaves):
            return self
        leaf = self._leaves[number]
        at = bisect_left(leaf, item)
        if leaf[at] != item:
            return self
        parts = ((*leaf[:at], *leaf[at + 1 :]),) if len(leaf) > 1 else ()
        return self._of((*self._leaves[:number], *parts, *self._leaves[number + 1 :]), self._size - 1)

    def first(self) -> T | None:
        """The least item."""
        return self._leaves[0][0] if self._leaves else None

    def last(self) -> T | None:
        """The greatest item."""
        return self._lasts[-1] if self._lasts else None

    def tail(self, count: int) -> list[T]:
        """The `count` greatest items, ascending."""
        found: list[T] = []
        for leaf in reversed(self._leaves):
            found[:0] = leaf[max(0, len(leaf) - (count - len(found))) :]
            if len(found) >= count:
                break
        return found

    def ceiling(self, item: Any) -> T | None:
        """The least item that is not below `item`."""
        number = bisect_left(self._lasts, item)
        if number == len(self._leaves):
            return None
        leaf = self._leaves[number]
        found: T = leaf[bisect_left(leaf, item)]
        return found

    def below(self, item: Any) -> T | None:
        """The greatest item below `item`."""
        number = bisect_left(self._lasts, item)
        if number < len(self._leaves):
            at = bisect_left(self._leaves[number], item)
            if at:
                found: T = self._leaves[number][at - 1]
                return found
        return self._lasts[number - 1] if number else None
