"""What the audit says of the list of tasks where the log says otherwise."""

from typing import Any

import pytest

from operations.audit.tasks import row_faults

SAME: dict[str, Any] = {
    "task_id": "T-1",
    "state": "taken",
    "taken_by": "li",
    "raised": 0,
    "concerned": 3,
    "logged_id": "T-1",
    "logged_state": "taken",
    "logged_by": "li",
    "logged_raised": 0,
    "logged_concerned": 3,
}


def test_a_task_that_is_as_the_log_has_it_is_none() -> None:
    assert list(row_faults(SAME)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": None}, "is open in the log, and not in the list"),
        ({"logged_state": None, "logged_id": None}, "is on the list, and not open in the log"),
        ({"logged_id": "T-2"}, "is on the list, and not open in the log"),
        ({"taken_by": "wang"}, "taken_by is wang on the list and li in the log"),
        ({"raised": 1}, "raised is 1 on the list and 0 in the log"),
        ({"concerned": 2}, "concerned is 2 on the list and 3 in the log"),
    ],
)
def test_what_differs_is_named(changes: dict[str, Any], said: str) -> None:
    (fault,) = row_faults({**SAME, **changes})
    assert said in fault
