"""Whoever looks after an injection finds each of the five statements broken, and nothing where all is well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack.twilio.kept.messages import Post
from tests.kits.stack.injecting.invariants import Seen, broken

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def post(text: str = "t", attempt: int = 1, answer: str = "created") -> Post:
    return Post(at=NOW, answer=answer, sid="SM1", message_id=text, attempt=attempt)


def seen(**other: Any) -> Seen:
    """One text that was made at its second attempt."""
    given: dict[str, Any] = {
        "texts": {"t": ("delivered", NOW + HOUR)},
        "attempts": {("t", 1): ("not-created", 429), ("t", 2): ("accepted", None)},
        "moves": [
            ("t", "ready", "sending"),
            ("t", "sending", "ready"),
            ("t", "ready", "sending"),
            ("t", "sending", "accepted"),
        ],
        "posts": [post(attempt=1, answer="throttle"), post(attempt=2)],
        "made": [("SM1", "t")],
        "now": NOW,
    }
    return Seen(**given | other)


def test_where_all_is_well_nothing_is_said() -> None:
    assert broken(seen()) == []


@pytest.mark.parametrize(
    ("number", "other"),
    [
        (1, {"made": [("SM1", "t"), ("SM2", "t")]}),
        (1, {"made": [("SM1", "t"), ("SM2", "nobody's")]}),
        (2, {"texts": {"t": ("ready", NOW)}}),
        (2, {"texts": {"t": ("unknown", NOW - HOUR)}}),
        (3, {"posts": [post(attempt=1, answer="throttle"), post(attempt=2), post(attempt=2)]}),
        (3, {"posts": [post(attempt=2)]}),
        (4, {"moves": [("t", "delivered", "sent")]}),
        (4, {"moves": [("t", "unknown", "expired"), ("t", "accepted", "suppressed")]}),
        (5, {"posts": [post(attempt=1, answer="throttle"), post(attempt=2, answer="refuse")]}),
        (5, {"posts": [post(attempt=1), post(attempt=2)]}),
    ],
)
def test_each_statement_is_found_broken(number: int, other: dict[str, Any]) -> None:
    faults = broken(seen(**other))
    assert faults
    assert {fault[:2] for fault in faults} == {f"{number}:"}


def test_a_post_of_which_there_is_no_attempt_is_found() -> None:
    faults = broken(seen(posts=[*seen().posts, post(attempt=3)]))
    assert any(fault.startswith("3: a POST of attempt") for fault in faults)


def test_a_double_that_was_seen_is_no_fault() -> None:
    assert broken(seen(made=[("SM1", "t"), ("SM2", "t")], doubled=frozenset({"t"}))) == []


def test_a_text_that_nobody_wants_any_more_ends_where_it_is_freed() -> None:
    assert broken(seen(moves=[("t", "unknown", "suppressed"), ("t", "sending", "expired")])) == []


def test_what_was_over_in_time_and_what_the_provider_has_may_be_as_old_as_it_likes() -> None:
    for state in ("accepted", "sent", "expired", "refused"):
        assert broken(seen(texts={"t": (state, NOW - HOUR)})) == []
