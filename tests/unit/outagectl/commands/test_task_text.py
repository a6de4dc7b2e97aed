"""What people have to do about an outage stands in its history: what for, whom it concerns, and who has it."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operations.duty.tasks import DutyTask
from operations.times import Times
from outagectl.commands.show.task_text import task_rows
from schemas.contracts.duty.tasks import TaskSubject
from tests.kits.deciders.notifier import at

T = Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")


def task(**changes: Any) -> DutyTask:
    given: dict[str, Any] = {
        "service": "notifier",
        "task_id": "T-1",
        "concern": "notifier/nobody-reached/F1",
        "kind": "nobody-reached",
        "mrid": "F1",
        "reason": "all-contacts-failed",
        "urgency": 1,
        "opened_at": at(5, 2),
        "due_at": at(5, 2, 5),
        "state": "open",
        "raised": 0,
        "is_late": False,
        "by": None,
        "taken_at": None,
        "concerned": 1,
        "whom": [TaskSubject(customer_id="ventilator", urgency=1, since=at(5, 2))],
        "to_do": {"en": "Call."},
        "note": None,
        "closed_at": None,
        "closed_for": None,
    }
    return DutyTask(**(given | changes))


def stands(**changes: Any) -> tuple[str, ...]:
    ((*_, about, how),) = task_rows([task(**changes)], T)
    return about, how


def test_a_task_that_nobody_has_says_by_when_it_should_be_taken_and_that_it_is_late() -> None:
    assert stands() == ("ventilator", "nobody has it, to be taken by 2026-03-05 02:05")
    late = stands(is_late=True, raised=2)
    assert late[1] == "LATE, nobody has it, to be taken by 2026-03-05 02:05, raised 2 times"


def test_a_task_that_somebody_has_says_who_and_one_that_is_done_what_came_of_it() -> None:
    taken = stands(state="taken", by="li", taken_at=at(5, 2, 1), due_at=at(5, 3, 1), concerned=20)
    assert taken == ("20 customers", "li has it since 2026-03-05 02:01, to be done by 2026-03-05 03:01")
    done = stands(state="done", by="li", closed_at=at(5, 2) + timedelta(minutes=9), note="they know")
    assert done[1] == "done by li, 2026-03-05 02:09: “they know”"


def test_a_task_that_needs_nobody_any_more_says_why_and_one_about_no_customer_what_it_hangs_on() -> None:
    question = TaskSubject(mrid="F1", ref="Q-7", urgency=4, since=at(5, 2))
    over = stands(state="expired", closed_at=at(5, 3), closed_for="cause-gone", whom=[question])
    assert over == ("Q-7", "needed no more (cause-gone), 2026-03-05 03:00")
