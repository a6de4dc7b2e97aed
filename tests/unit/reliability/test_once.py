"""Outages that hold the same customers one after the other: each customer is counted once, whoever began first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.reliability import SupplyInterruption
from services.reliability.indices import Indices, indices_of
from services.reliability.interruptions import HeldByOther
from services.reliability.once import counted_once

DAY = datetime(2026, 3, 5, tzinfo=UTC)


def minute(number: float) -> datetime:
    return DAY + timedelta(minutes=number)


def off(since: float, until: float | None, customers: int | None, *held: tuple[str, int | None]) -> SupplyInterruption:
    return SupplyInterruption(
        episode=1,
        off_from=minute(since),
        off_until=None if until is None else minute(until),
        customers=customers,
        known_by="customersAffected",
        held=tuple(HeldByOther(mrid, number) for mrid, number in held),
    )


def counted(outages: Mapping[str, Sequence[SupplyInterruption]]) -> Indices:
    return indices_of(counted_once(outages).groups, 1000, timedelta(days=1), minute(1000))


def sums(outages: Mapping[str, Sequence[SupplyInterruption]]) -> tuple[int, float]:
    found = counted(outages)
    return found.customers_interrupted, found.customer_minutes


def test_who_stays_out_under_another_outage_that_began_later_goes_on_under_that_one() -> None:
    """The line is off from 0 to 120, a transformer on it (20 of 100 customers) from 60 to 180."""
    line, transformer = off(0, 120, 100, ("T", 20)), off(60, 180, 20)
    assert sums({"L": [line], "T": [transformer]}) == (100, 100 * 120 + 20 * 60)


def test_of_one_that_began_first_nothing_is_taken_away() -> None:
    """The line is off from 0 to 180; a transformer on it is said to be off from 60 to 120."""
    assert sums({"L": [off(0, 180, 100)], "T": [off(60, 120, 20, ("L", 20))]}) == (100, 100 * 180.0)


def test_three_in_turn_are_one_interruption() -> None:
    outages = {"A": [off(0, 10, 5, ("B", 5))], "B": [off(4, 20, 5, ("C", 5))], "C": [off(15, 33, 5)]}
    assert sums(outages) == (5, 5 * 33.0)


def test_what_was_short_under_each_is_sustained_as_a_whole() -> None:
    outages = {"A": [off(0, 4, 5, ("B", 5))], "B": [off(2, 8, 5)]}
    assert sums(outages) == (5, 40.0)


def test_a_stay_without_a_number_is_counted_and_named() -> None:
    outages = {"A": [off(0, 60, 5, ("B", None))], "B": [off(30, 90, 5)]}
    assert sums(outages) == (10, 600.0)
    assert counted_once(outages).unresolved == 1


def test_another_outage_that_turned_out_to_be_none_takes_nobody_over() -> None:
    assert sums({"A": [off(0, 60, 5, ("B", 5))], "B": []}) == (5, 300.0)
    assert sums({"A": [off(0, 60, 5, ("gone", 5))]}) == (5, 300.0)


def test_where_it_is_known_who_they_are_they_are_taken_from_those() -> None:
    """Of the line a part is back at 60 and the rest at 120; the transformer, off from 30 on, is of the rest, and back before it."""
    line = [off(0, 60, 5), off(0, 120, 5)]
    known = HeldByOther("L", 5, minute(30), minute(120), known=True)
    inner = msgspec.structs.replace(off(30, 50, 5), held=(known,))
    later = msgspec.structs.replace(line[0], held=(HeldByOther("M", 5, minute(0), minute(90), known=True),))
    assert sums({"L": [later, line[1]], "T": [inner], "M": [off(55, 90, 5)]}) == (10, 5 * 90.0 + 5 * 120)


def test_off_still_under_the_other() -> None:
    found = counted({"A": [off(0, 60, 5, ("B", 5))], "B": [off(30, None, 5)]})
    assert (found.customers_interrupted, found.customer_minutes, found.open) == (5, 5000.0, 1)


spans = st.tuples(st.integers(0, 50), st.integers(6, 60)).map(lambda one: (one[0], one[0] + one[1]))


@given(spans, spans, st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_two_outages_that_share_customers_count_their_union(
    one: tuple[int, int], other: tuple[int, int], only: int, others: int, shared: int
) -> None:
    """The slow way: minute by minute, who has no power."""
    (a, b), (c, d) = one, other
    held = (("B", shared),) if c <= b <= d else ()
    back = (("A", shared),) if a <= d < b else ()
    outages = {"A": [off(a, b, only + shared, *held)], "B": [off(c, d, others + shared, *back)]}
    whole = sum(
        only * (a <= at < b) + others * (c <= at < d) + shared * (a <= at < b or c <= at < d) for at in range(200)
    )
    apart = not (held or back)
    times = only + others + (2 if apart else 1) * shared
    interrupted, minutes = sums(outages)
    assert (interrupted, minutes) == (times, whole)
