"""States of a text: it moves only along the table, and receipts only take it up."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.text_states import (
    FINAL,
    RANK,
    RECEIPT_EVENT,
    ROW,
    TEXT,
    RowEvent,
    RowState,
    step,
    text_step,
)

STATES, EVENTS = get_args(RowState), get_args(RowEvent)
RECEIPTS = sorted(set(RECEIPT_EVENT.values()))


@given(st.lists(st.sampled_from(EVENTS)))
def test_a_row_moves_only_along_the_table(events: list[RowEvent]) -> None:
    state: RowState = "ready"
    for event in events:
        after = step(state, event)
        assert (after is None) == ((state, event) not in ROW)
        state = after or state
    assert state in STATES


@given(st.sampled_from(STATES), st.lists(st.sampled_from(RECEIPTS)))
def test_receipts_only_rise(state: RowState, receipts: list[RowEvent]) -> None:
    for receipt in receipts:
        after = step(state, receipt)
        if after is not None:
            assert RANK[after] > RANK[state]
            state = after


@given(st.lists(st.sampled_from(EVENTS)))
def test_delivered_is_for_good(events: list[RowEvent]) -> None:
    assert all(step("delivered", event) is None for event in events)


def test_an_unknown_attempt_is_neither_dropped_nor_stopped() -> None:
    assert step("unknown", "expire") is None
    assert step("unknown", "suppress") is None
    assert step("sending", "expire") is None


def test_nothing_that_is_over_is_ever_ready_again() -> None:
    for state in FINAL:
        reached = {to for (origin, _), to in ROW.items() if origin == state}
        assert not reached & {"ready", "sending", "unknown"}


def test_every_state_can_be_reached_and_every_event_does_something() -> None:
    assert set(ROW.values()) | {"ready"} == set(STATES)
    assert {event for _, event in ROW} == set(EVENTS)


def test_a_text_in_its_conversation_moves_only_along_its_table() -> None:
    assert text_step("delivered", "message.undelivered.v1") is None
    assert text_step("requested", "message.delivered.v1") is None, "it is accepted first"
    assert text_step("requested", "planned.requested.v1") is None
    assert set(TEXT.values()) == {"accepted", "delivered", "undelivered", "suppressed", "expired"}
