"""What the workload of answers looks for is found."""

from typing import Any

from tests.sim.city.plan.answering import Answered
from tests.sim.city.workloads.outages.answered import judged

ACTS = {
    "SM-AN-0-1": Answered(1, "CH-001", "SM-AN-0-1", "+447700900101", "1"),
    "SM-AN-0-2": Answered(2, "CH-001", "SM-AN-0-2", "+447700900101", "我要投诉"),
    "SM-AN-0-998": Answered(3, "nobody", "SM-AN-0-998", "+447700900998", "STOP"),
}


def rows(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """As they are when all is well, but for these."""
    right: dict[str, dict[str, Any]] = {
        "SM-AN-0-1": {"meaning": "confirms", "customers": ["CH-001"], "heard": 1, "to_read": False},
        "SM-AN-0-2": {"meaning": "other", "customers": ["CH-001"], "heard": 1, "to_read": True},
        "SM-AN-0-998": {"meaning": "stop", "customers": [], "heard": 1, "to_read": False},
    }
    return {name: row | changes.get(name.replace("-", "_"), {}) for name, row in right.items()}


def test_all_heard_once_is_right_and_one_that_is_missing_or_heard_twice_is_found() -> None:
    assert judged(ACTS, rows(), 1) == []
    assert judged(ACTS, {}, 1) != []
    assert judged(ACTS, rows(SM_AN_0_1={"heard": 2}), 1) != []


def test_what_was_misunderstood_taken_for_anothers_or_is_read_by_nobody_is_found() -> None:
    assert judged(ACTS, rows(SM_AN_0_1={"meaning": "asks"}), 1) != []
    assert judged(ACTS, rows(SM_AN_0_1={"customers": ["CH-002"]}), 1) != []
    assert judged(ACTS, rows(SM_AN_0_1={"customers": []}), 1) == [], "nothing was sent to them yet"
    assert judged(ACTS, rows(SM_AN_0_2={"customers": []}), 1) != []
    assert judged(ACTS, rows(SM_AN_0_2={"to_read": False}), 1) != []


def test_a_stop_that_does_not_stand_is_found() -> None:
    assert judged(ACTS, rows(), 0) != []


def test_what_a_customer_wrote_goes_with_them_but_only_if_it_was_heard() -> None:
    left = {name: row for name, row in rows().items() if name != "SM-AN-0-1"}
    assert judged(ACTS, left, 1, ["CH-001"], ["SM-AN-0-1"]) == []
    assert judged(ACTS, left, 1, ["CH-001"]) == ["text SM-AN-0-1 is not on record"]
