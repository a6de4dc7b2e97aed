"""The referee of what the restorer heard of texts is shown what it must not let pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.messages import ContactConfirmed, MessageAccepted, MessageDelivered, MessageSuppressed
from tests.sim.judging.sending.heard import other_than_confirmed, other_than_texts

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SAID = [
    MessageAccepted(
        message_id="m-1", customer_id="KC-1", attempt=1, provider="twilio", provider_sid="SM1", accepted_at=NOW
    ),
    MessageDelivered(message_id="m-1", customer_id="KC-1", provider_sid="SM1", delivered_at=LATER),
    MessageSuppressed(message_id="m-2", customer_id="KC-1", reason="overtaken", at=NOW),
]
NOTHING: dict[str, Any] = dict.fromkeys(
    ("requested_at", "due_at", "accepted_at", "delivered_at", "ended_at", "ended_for")
)
FIRST = NOTHING | {"message_id": "m-1", "mrids": [], "accepted_at": NOW, "delivered_at": LATER}
SECOND = NOTHING | {"message_id": "m-2", "mrids": [], "ended_at": NOW, "ended_for": "overtaken"}


def test_rows_that_say_what_the_log_says_are_right() -> None:
    assert not [*other_than_texts([FIRST, SECOND], SAID)]


@pytest.mark.parametrize(
    "rows",
    [
        [FIRST],
        [FIRST | {"delivered_at": None}, SECOND],
        [FIRST | {"accepted_at": LATER}, SECOND],
        [FIRST, SECOND | {"ended_for": "last-useful-moment-passed"}],
        [FIRST, SECOND, FIRST | {"message_id": "m-3"}],
    ],
    ids=["missing", "not arrived", "taken later", "over by another reason", "never asked for"],
)
def test_rows_that_do_not_are_found(rows: list[dict[str, Any]]) -> None:
    assert len([*other_than_texts(rows, SAID)]) == 1


def test_who_confirmed_is_known_there_since_they_last_did() -> None:
    said = [ContactConfirmed(customer_id="KC-1", contact_id="c-1", confirmed_at=at, how="reply") for at in (LATER, NOW)]
    assert not [*other_than_confirmed([{"customer_id": "KC-1", "at": LATER}], said)]
    for rows in (
        [],
        [{"customer_id": "KC-1", "at": NOW}],
        [{"customer_id": "KC-1", "at": LATER}, {"customer_id": "KC-2", "at": NOW}],
    ):
        assert len([*other_than_confirmed(rows, said)]) == 1
