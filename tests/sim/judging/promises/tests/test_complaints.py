"""The referee of complaints counts days as the standard does, whichever version a fact is of."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.contracts import dispatch
from tests.sim.judging.promises.complaints import owed_answers
from tests.sim.judging.promises.owed import ZONE

CAME = datetime(2026, 3, 5, 16, 18, tzinfo=ZONE)
DUE = datetime(2026, 3, 11, tzinfo=ZONE)
HOUR = timedelta(hours=1)


def came(at: datetime = CAME, **more: Any) -> dispatch.ComplaintReceived:
    return dispatch.ComplaintReceived(complaint_id="C-1", received_at=at, **more)


def told_of_outage(at: datetime = CAME) -> dispatch.ComplaintReceivedV1:
    return dispatch.ComplaintReceivedV1(mrid="F-1", complaint_id="C-1", received_at=at)


def answered(at: datetime) -> dispatch.ComplaintAnswered:
    return dispatch.ComplaintAnswered(complaint_id="C-1", answered_at=at)


def test_five_days_end_when_the_fifth_is_over_and_ten_when_the_tenth_is() -> None:
    ((five,), (ten,)) = owed_answers([came()]), owed_answers([came(kind="report")])
    assert (five.due, ten.due) == (DUE, datetime(2026, 3, 16, tzinfo=ZONE))
    assert (five.mrid, five.rule) == ("C-1", "cn.complaint.answer-5d")


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ((answered(DUE),), "kept"),
        ((answered(DUE + HOUR),), "broken"),
        ((answered(DUE + HOUR), answered(DUE - HOUR)), "kept"),
        ((answered(CAME - HOUR),), "broken"),
        ((), "broken"),
        ((dispatch.ComplaintWithdrawn(complaint_id="C-1", withdrawn_at=CAME),), "voided"),
        ((dispatch.ComplaintWithdrawn(complaint_id="C-1", withdrawn_at=DUE + HOUR),), "broken"),
        ((dispatch.ComplaintWithdrawn(complaint_id="C-1", withdrawn_at=DUE), answered(DUE - HOUR)), "kept"),
    ],
)
@pytest.mark.parametrize("complaint", [came(), told_of_outage()])
def test_it_stands_as_its_first_answer_says(complaint: Any, facts: tuple[Any, ...], standing: str) -> None:
    (owed,) = owed_answers([*facts, complaint])
    assert owed.standing(DUE + 10 * HOUR) == standing


def test_told_twice_the_earliest_word_and_the_shorter_time_count() -> None:
    (owed,) = owed_answers([came(kind="report"), told_of_outage(CAME + 30 * HOUR)])
    assert (owed.rule, owed.due) == ("cn.complaint.answer-5d", DUE)


def test_an_answer_to_nothing_owes_nothing() -> None:
    assert owed_answers([answered(CAME)]) == []
