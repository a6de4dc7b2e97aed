"""What a person puts on record of a call back. Kept by nobody: what follows is the fact as a call centre's system would say it."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import CustomersWords, Instant, Name, Person
from schemas.contracts.dispatch import Fact

FOLLOWUP_RECORDED = "followup.recorded.v1"
CallOutcome = Literal["satisfied", "neutral", "dissatisfied", "unreached"]


class FollowupRecorded(Fact, frozen=True, kw_only=True):
    """Whoever reported it was called: by whom, when, and what they think of the repair."""

    report_id: Name
    outcome: CallOutcome
    at: Instant
    by: Person
    opinion: CustomersWords | None = None
    corrects: Annotated[
        bool, Meta(description="What was recorded of an earlier call was wrong, or they were called again")
    ] = False


CALL_STRUCTS = {FOLLOWUP_RECORDED: FollowupRecorded}
