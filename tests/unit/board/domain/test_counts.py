"""How many are without power, as the public is told: never few enough to be somebody."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.domain.counts import FEW, CustomersOff, hides_network, public_count
from services.board.domain.public import PublicCount

BACK = datetime(2026, 3, 5, 3, tzinfo=UTC)


def test_nothing_known_is_unknown_and_not_none_at_all() -> None:
    assert public_count(None, (), is_open=True) == PublicCount()


def test_a_part_that_is_back_is_told_from_those_without_power() -> None:
    steps = (CustomersOff(customers=400, off_until=BACK), CustomersOff(customers=110))
    assert public_count(1000, steps, is_open=True) == PublicCount(customers=510, still_off=110)
    few = (CustomersOff(customers=508, off_until=BACK), CustomersOff(customers=2))
    assert public_count(None, few, is_open=True) == PublicCount(customers=510, few_still_off=True)


def test_where_steps_do_not_say_it_what_was_said_counts() -> None:
    steps = (CustomersOff(customers=None, off_until=BACK), CustomersOff(customers=110))
    assert public_count(1000, steps, is_open=True) == PublicCount(customers=1000, still_off=110)


def test_of_an_outage_that_is_over_nobody_is_without_power() -> None:
    assert public_count(510, (), is_open=False) == PublicCount(customers=510)


@pytest.mark.parametrize(
    ("kind", "hidden"), [("fault", True), ("emergency", True), ("planned", False), ("curtailment", False)]
)
def test_lines_of_few_customers_are_hidden_where_nobody_is_obliged_to_name_them(kind: str, hidden: bool) -> None:
    assert hides_network(kind, public_count(4, (), is_open=True)) is hidden
    assert not hides_network(kind, public_count(5, (), is_open=True))


_STEPS = st.lists(
    st.builds(CustomersOff, customers=st.none() | st.integers(0, 12), off_until=st.none() | st.just(BACK)), max_size=4
)


@given(st.none() | st.integers(0, 12), _STEPS, st.booleans())
def test_no_number_below_five_is_ever_shown(said: int | None, steps: list[CustomersOff], is_open: bool) -> None:
    count = public_count(said, steps, is_open=is_open)
    assert all(shown is None or shown >= FEW for shown in (count.customers, count.still_off))
    assert not (count.few and count.customers is not None)
    assert not (count.few_still_off and count.still_off is not None)
    assert is_open or (count.still_off, count.few_still_off) == (None, False)


def test_where_all_but_a_few_have_power_again_the_rest_are_not_named_by_their_line() -> None:
    steps = (CustomersOff(customers=198, off_until=BACK), CustomersOff(customers=2))
    count = public_count(200, steps, is_open=True)
    assert (count.customers, count.still_off, count.few_still_off) == (200, None, True)
    assert hides_network("fault", count)
