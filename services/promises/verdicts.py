"""Say what may be said of a promise: one warning, one verdict, and a correction only of a verdict that stands.

The verdict itself is the caller's: it rests on the instants of facts and on `due_at`, never on when a timer ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from schemas.contracts.promises import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
    Verdict,
)
from services.promises.record import PromiseRecord

PromiseEvent = PromiseMade | PromiseAtRisk | PromiseKept | PromiseBroken | PromiseVoided | PromiseCorrected
EVIDENCE_LENGTH: Final = 200  # schemas.contracts.base.Name


def warn(record: PromiseRecord, reason: str) -> Iterator[PromiseAtRisk]:
    """Call it at risk, dated when that was due; nothing if it was called so before, or has its verdict."""
    if record.unwarned:
        yield PromiseAtRisk(**_common(record), at=record.at_risk_at, reason=reason)


def settle(
    record: PromiseRecord,
    verdict: Verdict,
    *,
    at: datetime,
    reason: str,
    evidence: Sequence[str] = (),
    unproven: bool = False,
) -> Iterator[PromiseKept | PromiseBroken | PromiseVoided | PromiseCorrected]:
    """Make `verdict` stand: as the first one, as a correction of another; nothing if it stands already.

    `at`: when the thing promised happened, or the deadline passed; for a correction, when it is made. `evidence`: the facts
    it rests on, each named once. `unproven`: judged past the grace period while facts were still waiting (broken only).
    """
    if record.standing == verdict:
        return
    said = _common(record) | {"at": at, "reason": reason, "evidence": _cited(evidence)}
    if record.standing != "open":
        yield PromiseCorrected(**said, was=record.standing, now=verdict)
    elif verdict == "kept":
        yield PromiseKept(**said)
    elif verdict == "broken":
        yield PromiseBroken(**said, unproven=unproven)
    else:
        yield PromiseVoided(**said)


def void_open(
    records: Iterable[PromiseRecord], *, at: datetime, reason: str, evidence: Sequence[str] = ()
) -> Iterator[PromiseEvent]:
    """End those that still wait for their verdict; verdicts given stand."""
    for record in records:
        if record.standing == "open":
            yield from settle(record, "voided", at=at, reason=reason, evidence=evidence)


def _cited(evidence: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[:EVIDENCE_LENGTH] for name in evidence))


def _common(record: PromiseRecord) -> dict[str, Any]:
    """What every later word about a promise repeats."""
    return {
        "promise_id": record.promise_id,
        "mrid": record.mrid,
        "customer_id": record.customer_id,
        "complaint_id": record.complaint_id,
        "rule": record.rule,
        "due_at": record.due_at,
    }
