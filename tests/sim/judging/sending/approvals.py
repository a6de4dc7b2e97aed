"""Sends to more people than may be told unasked: nothing of them goes before somebody approves, and what does not go is recorded.

How many an outage concerns is worked out from its places and from where customers live.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from tests.chaos.truth import Posted
from tests.sim.judging.storms import short

Verdict = Literal["approve", "refuse"]
NEVER_HELD: Final = frozenset({"restored", "part-restored", "correction"})
"""Texts that end or take back what was said."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What an operator said of the send of an outage: asked at, answered at."""

    mrid: str
    verdict: Verdict
    asked: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """A text that was of use no more before anybody let it go: to whom, why, and whether a person is to call."""

    message_id: str
    customer: int
    mrids: tuple[str, ...]
    at: datetime
    reason: str
    called: bool


def unapproved(
    texts: Iterable[Posted], sends: Collection[str], said: Sequence[Approval], critical: Collection[int]
) -> Iterator[str]:
    """Texts that went though nobody had approved. `sends`: outages that concern too many; `critical`: who is told at once."""
    for text in texts:
        if text.trigger in NEVER_HELD or text.customer in critical:
            continue
        for mrid in sorted({*sends} & {*text.mrids}):
            if not any(one.mrid == mrid and one.verdict == "approve" and one.asked <= text.at for one in said):
                yield f"{text.trigger} about {mrid} went to customer {text.customer} at {short(text.at)}, and nobody approved"


def unrecorded(
    dropped: Iterable[Dropped], sends: Collection[str], said: Sequence[Approval], tasks: Collection[str]
) -> Iterator[str]:
    """Texts of such sends that were dropped for another reason than is so; sends that waited and that no person was asked about.

    `tasks`: outages of which an operator was asked whether so many are to be told.
    """
    verdicts: Mapping[str, Approval] = {one.mrid: one for one in said}
    for text in dropped:
        waited = [mrid for mrid in text.mrids if mrid in sends]
        if not waited or any(_is_approved(verdicts.get(mrid), text.at) for mrid in waited):
            continue
        refused = [verdicts.get(mrid) for mrid in waited]
        sure = [one for one in refused if one is not None and one.answered <= text.at]
        perhaps = [one for one in refused if one is not None and one.asked <= text.at]
        may_be = (
            {"send-refused"} if sure else {"send-not-approved", "send-refused"} if perhaps else {"send-not-approved"}
        )
        if text.reason not in may_be:
            yield f"text {text.message_id} about {waited} was dropped as {text.reason}, and is {sorted(may_be)}"
        if text.reason == "send-not-approved" and not text.called:
            yield f"text {text.message_id} about {waited} was dropped unapproved, and nobody is to call"
    yield from (f"of the send of {mrid} nobody was asked" for mrid in sorted(set(sends) - set(tasks)))


def _is_approved(said: Approval | None, at: datetime) -> bool:
    return said is not None and said.verdict == "approve" and said.asked <= at
