"""A sorted set that grows without being changed."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.values import sortedset
from services.kernel.values.keeping import Keeper
from services.kernel.values.sortedset import LEAF, SortedSet

numbers = st.integers(0, 50)
steps = st.lists(st.tuples(st.booleans(), numbers), max_size=200)


@given(steps, numbers)
@settings(max_examples=300, deadline=None)
def test_it_holds_what_a_set_holds_in_order_and_what_it_was_it_stays(done: list[tuple[bool, int]], asked: int) -> None:
    ours: SortedSet[int] = SortedSet()
    theirs: set[int] = set()
    before: list[tuple[SortedSet[int], list[int]]] = []
    leaf, sortedset.LEAF = sortedset.LEAF, 4
    try:
        for adds, number in done:
            before.append((ours, sorted(theirs)))
            ours = ours.add(number) if adds else ours.discard(number)
            theirs = theirs | {number} if adds else theirs - {number}
    finally:
        sortedset.LEAF = leaf
    assert list(ours) == sorted(theirs)
    assert len(ours) == len(theirs)
    assert ours == SortedSet(theirs)
    assert (asked in ours) == (asked in theirs)
    assert (ours.first(), ours.last()) == (min(theirs, default=None), max(theirs, default=None))
    assert ours.ceiling(asked) == min((n for n in theirs if n >= asked), default=None)
    assert ours.below(asked) == max((n for n in theirs if n < asked), default=None)
    assert all(list(was) == held for was, held in before)


def test_an_item_more_copies_one_leaf_whatever_the_size() -> None:
    large: SortedSet[Any] = SortedSet(range(0, 200_000, 2))
    more = large.add(100_001)
    kept = {id(leaf) for leaf in large.leaves}
    made = [leaf for leaf in more.leaves if id(leaf) not in kept]
    assert sum(leaf.size for leaf in made) <= 2 * LEAF
    assert len(more) == 100_001


class Held(msgspec.Struct):
    """Something with sets of its own."""

    numbers: SortedSet[int]
    names: SortedSet[tuple[str, bytes]]


@given(st.sets(numbers), st.sets(st.tuples(st.text(max_size=3), st.binary(max_size=3))), numbers)
@settings(max_examples=100, deadline=None)
def test_a_set_that_was_kept_and_read_back_is_the_set_and_grows_on(
    some: set[int], pairs: set[tuple[str, bytes]], more: int
) -> None:
    keeper = Keeper(Held)
    held = Held(SortedSet(some), SortedSet(pairs))
    again = keeper.restore(keeper.dump(held))
    assert again == held
    assert keeper.restore(keeper.dump(again)) == held
    grown = keeper.restore(keeper.dump(Held(again.numbers.add(more), again.names)))
    assert list(grown.numbers) == sorted(some | {more})


def test_a_large_set_is_read_back_without_looking_into_it_and_kept_again_without_encoding_it() -> None:
    keeper = Keeper(Held)
    kept = keeper.dump(Held(SortedSet(range(50_000)), SortedSet()))
    again = keeper.restore(kept)
    assert sum(leaf._items is not None for leaf in again.numbers.leaves) == 0
    more = again.numbers.add(60_000)
    assert 60_000 in more
    assert sum(leaf._items is not None for leaf in more.leaves) == 1
    keeper.dump(Held(more, SortedSet()))
    assert sum(leaf._items is not None for leaf in more.leaves) == 1
