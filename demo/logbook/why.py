"""Why something was decided, and by which rules with their sources: the lines below a line of the log book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from demo.logbook.times import BookTimes
from operations.history.history import HistoryEntry
from operations.times import count, span

WITH_REASON = frozenset(
    {"outage.closed.v1", "restoration.confirmed.v1", "restoration.refused.v1", "notice.withdrawn.v1"}
)


def notes(entry: HistoryEntry, t: BookTimes) -> tuple[str, ...]:
    """Why, and which rules with their sources."""
    return tuple(_notes(entry, t))


def _notes(entry: HistoryEntry, t: BookTimes) -> Iterator[str]:
    rule = entry.data.get("rule")
    own = entry.data.get("reason")
    if rule and entry.type != "promise.at-risk.v1":
        why = f"why: {own} · " if own and entry.type.startswith("promise.") else ""
        yield f"{why}rule {rule_words(rule)}"
    elif entry.type in WITH_REASON:
        yield f"why: {own or entry.reason}"
    findings = entry.data.get("findings", ())
    if entry.type == "plan.accepted.v1":
        yield from _not_met([finding for finding in findings if not finding.get("holds")], t)
        yield from _met([finding for finding in findings if finding.get("holds")])
    elif entry.type in ("plan.rejected.v1", "notice.breached.v1"):
        yield from _not_met([finding for finding in findings if not finding.get("holds")], t)
    for overlap in entry.data.get("overlaps", ()):
        yield _offer(overlap, t)


def _met(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rule that was met most narrowly, and how many more there were."""
    if findings:
        measured = [one for one in findings if one.get("marginSeconds") is not None] or findings
        tightest = min(measured, key=lambda one: one.get("marginSeconds") or 0)
        others = len(findings) - 1
        more = f" · {count(others, 'more rule')} met" if others else ""
        yield f"why: {_finding(tightest)}{more}"


def _not_met(findings: Sequence[Mapping[str, Any]], t: BookTimes) -> Iterator[str]:
    required = ""
    for finding in findings:
        yield f"why: {_finding(finding)}"
        words = str(finding.get("required") or "")
        figure = words.rpartition(": ")[2]
        if figure and figure != required:
            yield f"required: {_local(words, t)}"
        required = figure
        if finding.get("marginSeconds") is None and finding.get("given"):
            yield f"given: {_local(str(finding['given']), t)}"


def _offer(overlap: Mapping[str, Any], t: BookTimes) -> str:
    """What the planner offers where two works meet."""
    merged = overlap.get("mergedPeriod") or {}
    saves = overlap.get("saves") or 0
    less = f"; {count(saves, 'usage point')} cut once instead of twice" if saves else ""
    span_ = f"{t.text(merged.get('start'))} to {t.text(merged.get('end'))}"
    return f"offer: {overlap.get('offer')} with {overlap.get('other')}, one cut {span_}{less}"


def _finding(finding: Mapping[str, Any]) -> str:
    in_hand = _in_hand(finding.get("marginSeconds"))
    return f"{finding.get('reason')}{in_hand} · rule {rule_words(finding.get('rule') or {})}"


def _in_hand(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f", {span(timedelta(seconds=seconds))} {'in hand' if seconds >= 0 else 'short'}"


def _local(sentence: str, t: BookTimes) -> str:
    """A sentence with the instants in it written as the book writes them."""
    return " ".join(t.text(word.rstrip(",;")) + word[len(word.rstrip(",;")) :] for word in sentence.split(" "))


def rule_words(rule: Mapping[str, Any]) -> str:
    """`cn.fault.crew-45min (第2篇 第十条(二)5)`; says so where the rule was not checked against its source."""
    source = f" ({rule['source']})" if rule.get("source") else ""
    doubt = "" if rule.get("verified", True) else ", not checked at its source"
    return f"{rule.get('ruleId')}{source}{doubt}"
