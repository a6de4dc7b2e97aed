"""Take a person's word why a promise was broken: the same in every service that makes promises. Pure.

The word goes to the stream that made the promise (`WhyGiven`) and is published as promise.explained.v1. Why is asked of what
stands broken; the reason stays beside the verdict whatever becomes of that.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from schemas.contracts.base import Name, Person, Wire
from schemas.contracts.promises import PromiseExplained
from services.promises.record import PromiseRecord
from services.promises.verdicts import explain

WHY_GIVEN: Final = "promise.why-given.v1"
NOT_KNOWN: Final = "promise-not-known"
NOT_BROKEN: Final = "promise-not-broken"
RECORDED: Final = "why-recorded"
SAID_BEFORE: Final = "said-before"


class WhyGiven(Wire, frozen=True, kw_only=True):
    """Why a promise was broken, as somebody says it. A message within the service, kept by nobody as it is."""

    promise_id: Name
    why: Annotated[str, Meta(min_length=1, max_length=2000, extra={"written_by": "people"})]
    by: Person


def why_given(
    record: PromiseRecord | None, said: WhyGiven, now: datetime
) -> tuple[str, Sequence[PromiseExplained], str]:
    """The named reason, what is published, and how it stands where nothing is. `record`: the promise of that name."""
    if record is None:
        return NOT_KNOWN, (), said.promise_id
    if record.standing != "broken":
        return NOT_BROKEN, (), f"{record.promise_id} is {record.state}"
    words = tuple(explain(record, why=said.why, by=said.by, at=now))
    return (RECORDED if words else SAID_BEFORE), words, ""


WHY_STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {WHY_GIVEN: WhyGiven}
"""What every service that makes promises adds to its structs."""
