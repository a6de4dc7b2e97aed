"""What the policy's rules ask of a complaint: an answer by their time, from when it was received."""

from __future__ import annotations

from typing import Final

from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.answers import owed
from services.restorer.domain.complaints.state import ComplaintState

OBLIGATION: Final = "answer-complaint"
MOMENTS: Final = "complaint-received", "complaint-answered"
WITHDRAWN: Final = "complaint-withdrawn"


def check(policy: Policy) -> None:
    """Make sure that every rule on complaints can be measured. Raises PolicyError, which says what it may say."""
    owed.check(policy, OBLIGATION, MOMENTS, "a complaint")


def matter_of(state: ComplaintState) -> owed.Matter:
    """The complaint as what somebody asked."""
    return owed.Matter(
        named_as="complaint_id",
        name=state.complaint_id,
        obligation=OBLIGATION,
        since=state.since,
        answers=state.answers,
        withdrawn=state.withdrawn,
        withdrawn_for=WITHDRAWN,
        promises=state.promises,
    )


def wanted(state: ComplaintState, policy: Policy, calendar: WorkingCalendar) -> list[owed.DueAnswer]:
    """What every rule asks of the complaint; nothing of one that is not known yet."""
    return owed.due_of(matter_of(state), policy, calendar, kind=state.kind)
