"""Describe in words what went ahead although a rule was not met: a safety cut, an order, a named approver's exception, a breach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from schemas.contracts.dispatch import PolicyException

GAPS: Mapping[str, str] = {
    "notice-too-short": "the public hears of it too late",
    "key-customer-notice-too-short": "key customers hear of it too late",
    "authority-notice-too-short": "the authority hears of it too late",
    "start-in-past": "it begins in the past",
    "end-in-past": "it ends in the past",
    "yearly-budget-used": "a usage point had its planned outages of this year",
    "line-unknown": "there is no such line in the network model",
    "too-far-ahead": "the start looks like a wrong year",
    "period-too-long": "the end looks like a wrong month",
    "scheme-step-missing": "the order names no step of a scheme",
    "scheme-not-published": "the scheme it names is not the published one",
    "scheme-step-unknown": "the published scheme has no such step",
    "scheme-out-of-sequence": "a step that comes before it is not in force",
    "line-not-in-step": "it cuts a line that this step of the scheme does not name",
}
BreachKind = Literal["started-without-notice", "started-early", "wider-than-noticed", "overran"]
BREACHES: Mapping[BreachKind, str] = {
    "started-without-notice": "work has begun without notice",
    "started-early": "work has begun before its noticed start",
    "wider-than-noticed": "the cut is wider than noticed",
    "overran": "the work runs past its noticed end",
}
FLAGS = ("safety-cut-gap:", "scheme-gap:")


def gap(reason: str) -> str:
    """One gap in words; a reason that this version does not know is named as it is."""
    if reason.endswith("-missing") and reason not in GAPS:
        return f"the notice does not name the {reason.removesuffix('-missing')}"
    return GAPS.get(reason, reason)


def flagged(warnings: Sequence[str]) -> str:
    """`flagged: key customers hear of it too late (safety-cut-gap:key-customer-notice-too-short)`, or nothing."""
    return "; ".join(f"flagged: {gap(reason)} ({flag}{reason})" for flag, reason in _gaps(warnings))


def _gaps(warnings: Sequence[str]) -> Iterator[tuple[str, str]]:
    for warning in warnings:
        for flag in FLAGS:
            if warning.startswith(flag):
                yield flag, warning.removeprefix(flag)


def breach(kind: BreachKind) -> str:
    """What went beyond the notice, in words; a kind that this version does not know is named as it is."""
    return BREACHES.get(kind, str(kind))


def leaves(exceptions: Sequence[PolicyException]) -> Iterator[str]:
    """Who set which rule aside, and why: a sentence for each exception that dispatch names."""
    for one in exceptions:
        yield f"{one.approver} sets {one.rule_id} aside for it, because: {one.reason}"
