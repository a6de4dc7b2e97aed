"""The provider's list against our books: which message is which text, and where the two differ."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifier.domain.provider.listing import (
    BookedText,
    ListedMessage,
    bears_a_code,
    denies,
    fitting,
    is_being_seen_to,
    settles,
    unknown_here,
)
from services.notifier.domain.text_states import RANK, RowState
from services.notifier.domain.wording.reference import outage_code, printed_code

AT = datetime(2026, 3, 5, 2, 14, tzinfo=UTC)
BODY = "Dongjiang Power: your power is off since 02:10, expected back 04:00. 95598 K7M2X-3F"


def message(body: str = BODY, sid: str = "SM1", sender: str = "+447700900500") -> ListedMessage:
    return ListedMessage(
        sid=sid,
        status="sent",
        error_code=None,
        created_at=AT,
        to="+447700900101",
        body=body,
        senders=frozenset((sender,)),
    )


def text(message_id: str = "t1", **more: Any) -> BookedText:
    given: dict[str, Any] = {
        "message_id": message_id, "customer_id": "KC-1", "body": BODY, "ref": "K7M2X-3F", "state": "ready",
        "attempts": 0, "sid": None, "requested_at": AT,
    } | more  # fmt: skip
    return BookedText(**given)


def test_a_message_is_the_text_that_says_the_same_to_the_letter() -> None:
    other = text("other", body=BODY.replace("3F", "YY"), ref="K7M2X-YY")
    assert fitting(message(), [other, text("own")]) == text("own")


def test_a_text_worded_at_another_hour_is_known_by_its_code() -> None:
    later = text(body=BODY.replace("04:00", "06:30"))
    assert fitting(message(), [later]) == later
    assert fitting(message(), [text(body=BODY.replace("04:00", "06:30"), ref="")]) is None


def test_a_message_that_says_something_else_is_nobodys() -> None:
    assert fitting(message("Your login code is 123456"), [text()]) is None


def test_of_texts_that_are_alike_the_one_without_an_id_is_meant_and_of_those_the_one_asked_for_first() -> None:
    taken, second = text("taken", sid="SM0"), text("second", requested_at=AT + timedelta(seconds=1))
    assert fitting(message(), [taken, second, text("first")]) == text("first")
    assert fitting(message(), [taken]) == taken


@pytest.mark.parametrize("state", sorted(RANK))
def test_only_a_text_whose_attempt_is_out_is_left_to_its_own_look_up(state: RowState) -> None:
    assert is_being_seen_to(text(state=state)) == (state in ("sending", "unknown"))


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("accepted", "delivered", True),
        ("accepted", "sent", True),
        ("sent", "failed", True),
        ("undelivered", "delivered", True),
        ("delivered", "sent", False),
        ("delivered", "undelivered", False),
        ("accepted", "queued", False),
    ],
)
def test_a_receipt_that_never_came_is_made_up_for_and_none_takes_a_text_back(
    state: RowState, status: str, expected: bool
) -> None:
    assert settles(state, status) == expected


@pytest.mark.parametrize(("status", "expected"), [("failed", True), ("undelivered", True), ("delivered", False)])
def test_that_a_text_which_arrived_is_now_said_to_have_failed_is_a_difference(status: str, expected: bool) -> None:
    assert denies("delivered", status) == expected
    assert not denies("accepted", status)


def test_messages_of_another_system_on_the_account_are_not_ours() -> None:
    ours, theirs, known = message(sid="SM1"), message(sid="SM2", sender="OTHER"), message(sid="SM3")
    assert unknown_here([ours, theirs, known], "+447700900500", {"SM3"}) == [ours]


@pytest.mark.parametrize("customer", ["KC-1", "KC-2", "医院"])
def test_every_code_that_we_print_is_known_as_one(customer: str) -> None:
    code = printed_code(outage_code(customer, "F-1"), "5c4a06ce-c016-5ba7-9145-04449695a843")
    assert bears_a_code(f"停电。编号 {code}")
    assert bears_a_code(f"编号{code}，")
