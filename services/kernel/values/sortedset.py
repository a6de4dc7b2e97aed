"""An immutable sorted set: adding makes another one, which shares almost all of it.

States grow with what happens to their stream, and a state that was, must stay as it was: a failed decision goes back to it,
and what is remembered is what was committed. Copying it for each fact costs as much as all facts before. Here a fact copies
one leaf of at most 256 items and the list of leaves. A leaf remembers its bytes once it was kept
(services/kernel/values/keeping.py), and one that was read back is decoded when somebody looks into it: neither costs what
all leaves together would.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Items = tuple[Any, ...]

LEAF = 128
"""Items of a leaf when it is made; it is split when it has twice as many."""


class Leaf:
    """Some neighbours, as items, as bytes, or both."""

    __slots__ = ("_decode", "_items", "_raw", "size")

    def __init__(
        self,
        items: Items | None,
        raw: bytes | None = None,
        size: int = 0,
        decode: Callable[[bytes], Sequence[Any]] | None = None,
    ) -> None:
        self._items, self._raw, self._decode = items, raw, decode
        self.size = size if items is None else len(items)

    @property
    def items(self) -> Items:
        """Its items in order."""
        if self._items is None:
            assert self._raw is not None  # noqa: S101 - it has one or the other
            assert self._decode is not None  # noqa: S101 - bytes come with it
            self._items = tuple(self._decode(self._raw))
        return self._items

    def raw(self, encode: Callable[[Items], bytes]) -> bytes:
        """Its bytes; the first time they are made by `encode`."""
        if self._raw is None:
            self._raw = encode(self.items)
        return self._raw


class SortedSet(Generic[T]):
    """Items in ascending order, each once. Items must be comparable with each other."""

    __slots__ = ("_lasts", "_size", "leaves")

    def __init__(self, items: Iterable[T] = ()) -> None:
        found: list[Any] = sorted(items)
        distinct = [item for index, item in enumerate(found) if index == 0 or item != found[index - 1]]
        self._cut(distinct)

    def _cut(self, items: Sequence[T]) -> None:
        made = [tuple(items[at : at + LEAF]) for at in range(0, len(items), LEAF)]
        self._set(tuple(map(Leaf, made)), tuple(leaf[-1] for leaf in made), len(items))

    def _set(self, leaves: tuple[Leaf, ...], lasts: Items, size: int) -> None:
        self.leaves, self._lasts, self._size = leaves, lasts, size

    @classmethod
    def ascending(cls, items: Sequence[T]) -> SortedSet[T]:
        """A set of items that are in order already, each once."""
        made = cls.__new__(cls)
        made._cut(items)  # noqa: SLF001 - our own
        return made

    @classmethod
    def of(cls, leaves: Sequence[Leaf], lasts: Sequence[T]) -> SortedSet[T]:
        """A set of leaves that were another's, with the last item of each."""
        return cls._of(tuple(leaves), tuple(lasts), sum(leaf.size for leaf in leaves))

    @classmethod
    def _of(cls, leaves: tuple[Leaf, ...], lasts: Items, size: int) -> SortedSet[T]:
        made = cls.__new__(cls)
        made._set(leaves, lasts, size)  # noqa: SLF001 - our own
        return made

    @property
    def lasts(self) -> Items:
        """The last item of each leaf."""
        return self._lasts

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(leaf.items for leaf in self.leaves)

    def __contains__(self, item: object) -> bool:
        return item is not None and self.ceiling(item) == item

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

    def _with(self, number: int, parts: Sequence[Items], size: int) -> SortedSet[T]:
        """The set with leaf `number` replaced by `parts`."""
        leaves = (*self.leaves[:number], *map(Leaf, parts), *self.leaves[number + 1 :])
        return self._of(
            leaves, (*self._lasts[:number], *(part[-1] for part in parts), *self._lasts[number + 1 :]), size
        )

    def add(self, item: T) -> SortedSet[T]:
        """The set with `item`; this one if it is there already."""
        if not self.leaves:
            return self._with(0, [(item,)], 1)
        number = min(bisect_left(self._lasts, item), len(self.leaves) - 1)
        leaf = self.leaves[number].items
        at = bisect_left(leaf, item)
        if at < len(leaf) and leaf[at] == item:
            return self
        grown = (*leaf[:at], item, *leaf[at:])
        parts = [grown] if len(grown) < 2 * LEAF else [grown[:LEAF], grown[LEAF:]]
        return self._with(number, parts, self._size + 1)

    def discard(self, item: T) -> SortedSet[T]:
        """The set without `item`; this one if it is not there."""
        number = bisect_left(self._lasts, item)
        if number == len(self.leaves):
            return self
        leaf = self.leaves[number].items
        at = bisect_left(leaf, item)
        if leaf[at] != item:
            return self
        return self._with(number, [(*leaf[:at], *leaf[at + 1 :])] if len(leaf) > 1 else [], self._size - 1)

    def first(self) -> T | None:
        """The least item."""
        return self.leaves[0].items[0] if self.leaves else None

    def last(self) -> T | None:
        """The greatest item."""
        return self._lasts[-1] if self._lasts else None

    def tail(self, count: int) -> list[T]:
        """The `count` greatest items, ascending."""
        found: list[T] = []
        for leaf in reversed(self.leaves):
            if len(found) >= count:
                break
            found[:0] = leaf.items[max(0, leaf.size - (count - len(found))) :]
        return found

    def ceiling(self, item: Any) -> T | None:
        """The least item that is not below `item`."""
        number = bisect_left(self._lasts, item)
        if number == len(self.leaves):
            return None
        leaf = self.leaves[number].items
        found: T = leaf[bisect_left(leaf, item)]
        return found

    def below(self, item: Any) -> T | None:
        """The greatest item below `item`."""
        number = bisect_left(self._lasts, item)
        if number < len(self.leaves):
            leaf = self.leaves[number].items
            at = bisect_left(leaf, item)
            if at:
                found: T = leaf[at - 1]
                return found
        return self._lasts[number - 1] if number else None
