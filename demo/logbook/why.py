"""Explain why something was decided, and by which rules with their sources: the lines below a line of the log book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from demo.logbook.times import BookTimes
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from operations.times import count
from outagectl.words.rules import briefly, findings_of, margin, rule_of
from schemas.contracts.notices import Finding, NoticeWithdrawn, Overlap, PlanAccepted, PlanRejected
from schemas.contracts.promises import (
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseVoided,
)
from schemas.contracts.restorations import RestorationConfirmed, RestorationRefused
from services.restorer.domain.events import OutageClosed

Judged = PromiseAtRisk | PromiseKept | PromiseBroken | PromiseVoided | PromiseCorrected


def notes(entry: HistoryEntry, t: BookTimes) -> tuple[str, ...]:
    """Why, and which rules with their sources."""
    return tuple(_notes(entry, decoded(entry.type, entry.data), t))


def _notes(entry: HistoryEntry, event: object, t: BookTimes) -> Iterator[str]:
    rule = rule_of(event)
    if rule and not isinstance(event, PromiseAtRisk):
        yield f"{_promise_reason(event)}rule {briefly(rule)}"
    elif isinstance(event, NoticeWithdrawn | RestorationConfirmed | RestorationRefused):
        yield f"why: {event.reason or entry.reason}"
    elif isinstance(event, OutageClosed):
        yield f"why: {entry.reason}"
    findings = findings_of(event)
    yield from _not_met([finding for finding in findings if not finding.holds], t)
    if isinstance(event, PlanAccepted):
        yield from _met([finding for finding in findings if finding.holds])
    for overlap in event.overlaps if isinstance(event, PlanAccepted | PlanRejected) else ():
        yield _offer(overlap, t)


def _promise_reason(event: object) -> str:
    return f"why: {event.reason} · " if isinstance(event, Judged) and event.reason else ""


def _met(findings: Sequence[Finding]) -> Iterator[str]:
    """The rule that was met most narrowly, and how many more there were."""
    if findings:
        measured = [one for one in findings if one.margin_seconds is not None] or findings
        tightest = min(measured, key=lambda one: one.margin_seconds or 0)
        others = len(findings) - 1
        more = f" · {count(others, 'more rule')} met" if others else ""
        yield f"why: {_finding(tightest)}{more}"


def _not_met(findings: Sequence[Finding], t: BookTimes) -> Iterator[str]:
    required = ""
    for finding in findings:
        yield f"why: {_finding(finding)}"
        words = finding.required or ""
        figure = words.rpartition(": ")[2]
        if figure and figure != required:
            yield f"required: {_local(words, t)}"
        required = figure
        if finding.margin_seconds is None and finding.given:
            yield f"given: {_local(finding.given, t)}"


def _offer(overlap: Overlap, t: BookTimes) -> str:
    """What the planner offers where two works meet."""
    less = f"; {count(overlap.saves, 'usage point')} cut once instead of twice" if overlap.saves else ""
    merged = overlap.merged_period
    cut = f"{t.text(merged.start)} to {t.text(merged.end)}"
    return f"offer: {overlap.offer} with {overlap.other}, one cut {cut}{less}"


def _finding(finding: Finding) -> str:
    return f"{finding.reason}{margin(finding.margin_seconds, missing='short')} · rule {briefly(finding.rule)}"


def _local(sentence: str, t: BookTimes) -> str:
    """A sentence with the instants in it written as the book writes them."""
    return " ".join(t.text(word.rstrip(",;")) + word[len(word.rstrip(",;")) :] for word in sentence.split(" "))
