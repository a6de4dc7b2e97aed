"""Say what may be said of a promise: each warning once, one verdict, and a correction only of a verdict that stands.

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
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
    Verdict,
)
from services.promises.record import PromiseRecord

PromiseEvent = (
    PromiseMade | PromiseAtRisk | PromiseKept | PromiseBroken | PromiseVoided | PromiseCorrected | PromiseExplained
)
EVIDENCE_LENGTH: Final = 200  # schemas.contracts.base.Name


STRICTER_NEAR: Final = "stricter-rule-near"
"""The reason of a warning where a stricter rule is warned of at the same time: that one speaks for both."""
ASKED_ELSEWHERE: Final = frozenset({"broken-before-merging"})
"""Reasons of broken promises of which was asked why when they first were, under another name."""
TOO_LATE: Final = "too-late-to-warn"
"""The reason of a warning that nobody could be given before the deadline. It stands in the log alone (`is_published`)."""


def warn(record: PromiseRecord, reason: str, now: datetime) -> Iterator[PromiseAtRisk]:
    """Call it at risk, dated when that was due; nothing where it has its verdict, or no warning is left.

    Warnings whose instants have passed by `now` are one word, the latest. Past the deadline nobody is warned any more: then the
    word says so, and is published to nobody. It only ends the waiting.
    """
    if record.warned_next_at is None:
        return
    number = max(record.warned + 1, sum(at <= now for at in record.warnings))
    if now >= record.due_at:
        number, reason = len(record.warnings), TOO_LATE
    at = record.warnings[number - 1]
    plan: dict[str, Any] = {}
    if record.warn_again_at:
        left = max(0, int((record.due_at - at).total_seconds()))
        plan = {"number": number, "of": len(record.warnings), "seconds_left": left}
    yield PromiseAtRisk(**_common(record), at=at, reason=reason, **plan)


def is_published(word: object) -> bool:
    """Whether others hear of it: all words about promises but a warning that comes too late."""
    return not (isinstance(word, PromiseAtRisk) and word.reason == TOO_LATE)


def explain(record: PromiseRecord, *, why: str, by: str, at: datetime) -> Iterator[PromiseExplained]:
    """Put a person's reason beside the verdict; nothing where that very reason stands there."""
    if record.why is None or (record.why.reason, record.why.by) != (why, by):
        yield PromiseExplained(**_common(record), at=at, by=by, reason=why)


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
        "enquiry_id": record.enquiry_id,
        "rule": record.rule,
        "due_at": record.due_at,
    }
