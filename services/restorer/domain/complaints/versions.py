"""Read what was said of an outage's complaint (v1) as said of the complaint itself (v2). Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from schemas.contracts.dispatch import (
    ComplaintAnswered,
    ComplaintAnsweredV1,
    ComplaintFact,
    ComplaintReceived,
    ComplaintReceivedV1,
)
from schemas.contracts.facts.complaints import ID_LENGTH

KEPT: Final = 80
DIGITS: Final = 12


def complaint_id(written: str) -> str:
    """The id of a complaint as it names a stream: v1 took any text, spaces and line breaks around and in it too."""
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in written).split())
    if name and len(name) <= ID_LENGTH:
        return name
    return f"{name[:KEPT].rstrip()}~{hashlib.sha256(written.encode()).hexdigest()[:DIGITS]}"


def as_own(fact: object) -> ComplaintFact | None:
    """A fact of an outage's complaint as one of the complaint itself; None of what is none."""
    match fact:
        case ComplaintReceivedV1():
            return ComplaintReceived(
                complaint_id=complaint_id(fact.complaint_id),
                outage=fact.mrid,
                received_at=fact.received_at,
                kind=fact.kind,
                subject=fact.subject,
            )
        case ComplaintAnsweredV1():
            return ComplaintAnswered(
                complaint_id=complaint_id(fact.complaint_id),
                outage=fact.mrid,
                answered_at=fact.answered_at,
                answered_by=fact.answered_by,
            )
        case _:
            return None
