"""A sorted set that grows without being changed."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel import sortedset
from services.kernel.sortedset import LEAF, SortedSet

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
    kept = {id(leaf) for leaf in large._leaves}
    made = [leaf for leaf in more._leaves if id(leaf) not in kept]
    assert sum(map(len, made)) <= 2 * LEAF
    assert len(more) == 100_001
