"""Spans of time: joined, cut out of each other, measured; held to a set of minutes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.planner.domain.shown.spans import Span, inside, joined, length, used_up, without

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def spans(pairs: list[tuple[int, int]]) -> list[Span]:
    return [(ZERO + start * MINUTE, ZERO + end * MINUTE) for start, end in pairs]


def minutes(found: list[Span] | tuple[Span, ...]) -> set[int]:
    """Each minute that is covered, by its number."""
    return {n for start, end in found for n in range((start - ZERO) // MINUTE, (end - ZERO) // MINUTE)}


@given(SPANS)
def test_joined_covers_the_same_minutes_in_order_and_apart(pairs: list[tuple[int, int]]) -> None:
    found = joined(spans(pairs))
    assert minutes(found) == minutes(spans(pairs))
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert length(found) == len(minutes(found)) * MINUTE


@given(SPANS, st.integers(0, 60), st.integers(0, 60))
def test_what_lies_in_a_span_and_what_is_left_of_it_are_all_of_it(
    pairs: list[tuple[int, int]], start: int, end: int
) -> None:
    (whole,) = spans([(min(start, end), max(start, end))])
    within, left = inside(spans(pairs), whole), without(whole, spans(pairs))
    assert minutes(within) | minutes(left) == minutes([whole])
    assert not minutes(within) & minutes(left)


def test_spans_that_lie_no_further_apart_than_the_gap_are_one() -> None:
    assert joined(spans([(0, 10), (15, 20), (26, 30)]), 5 * MINUTE) == tuple(spans([(0, 20), (26, 30)]))


def test_what_may_be_used_is_used_up_in_the_span_that_goes_beyond_it() -> None:
    found = spans([(0, 10), (20, 40)])
    assert used_up(found, 15 * MINUTE) == ZERO + 25 * MINUTE
    assert used_up(found, 30 * MINUTE) is None
    assert used_up(found, 0 * MINUTE) == ZERO
