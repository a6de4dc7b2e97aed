"""Compare what was promised of a complaint with what its facts now say: an answer by the rule's time, from when it was received.

A promise once published is never edited: a fact that overturns a verdict is followed by promise.corrected; where the time runs from
another instant, or another rule asks, the old promise is voided and a new one made, its id counted up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseMade
from services.policy import Policy, PolicyError, deadline, moved_by, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, PromiseRecord, Standing, name_of, record_of, settle, void_open
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.complaints.state import ComplaintAnswer, ComplaintState

OBLIGATION: Final = "answer-complaint"
RECEIVED, ANSWERED = "complaint-received", "complaint-answered"
WITHDRAWN: Final = "complaint-withdrawn"


def check(policy: Policy) -> None:
    """Make sure that every rule on complaints can be measured.

    Raises:
        PolicyError: a rule measures from or to a moment that a complaint does not have; names the rule and what it may say.

    """
    for rule in policy.rules.values():
        if rule.obligation != OBLIGATION or rule.aggregate != "each":
            continue
        for given, known in ((rule.measure_from, RECEIVED), (rule.measure_to, ANSWERED)):
            if given != known:
                raise PolicyError(f"rule {rule.id} of policy {policy.id}: a complaint has no {given!r}; write {known}")


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """An answer as one rule wants it."""

    rule: RuleRef
    since: datetime
    due_at: datetime
    warnings: tuple[datetime, ...]
    provisional: bool
    evidence: tuple[str, ...]
    done: datetime | None
    withdrawn: Moment | None = None
    """When the complaint was withdrawn: what was decided by then stands, what was not binds nobody any more."""

    def standing(self, due_at: datetime) -> Standing:
        """How the promise stands by the facts alone; open where only its deadline can decide."""
        decided = due_at if self.done is None else min(self.done, due_at)
        if self.withdrawn is not None and self.withdrawn.at < decided:
            return "voided"
        if self.done is None:
            return "open"
        return "kept" if self.done <= due_at else "broken"


def wanted(state: ComplaintState, policy: Policy, calendar: WorkingCalendar) -> list[DueAnswer]:
    """What every rule asks of the complaint; nothing of one that is not known yet."""
    since = state.since
    if since is None:
        return []
    answer = state.answered(policy.settings.facts.early)
    found = []
    for rule in policy.select(OBLIGATION, kind=state.kind):
        if rule.aggregate != "each":
            continue
        limit = deadline(rule, since.at, calendar)
        found.append(
            DueAnswer(
                rule=rule_ref(policy, rule, calendar),
                since=since.at,
                due_at=limit.due_at + rule.tolerance,
                warnings=policy.warnings(rule, since.at, limit.due_at),
                provisional=limit.provisional,
                evidence=_evidence(since.cause, answer),
                done=None if answer is None else answer.at,
                withdrawn=state.withdrawn,
            )
        )
    return found


def never_made(state: ComplaintState, policy: Policy, calendar: WorkingCalendar) -> set[str]:
    """Rules under which an answer is owed that nobody has ever promised: a version that promises none was at work."""
    made = {record.rule.rule_id for record in state.promises.values()}
    owed = (due for due in wanted(state, policy, calendar) if due.standing(due.due_at) != "voided")
    return {due.rule.rule_id for due in owed} - made


def _evidence(since: str, answer: ComplaintAnswer | None) -> tuple[str, ...]:
    return (since,) if answer is None else (since, answer.cause)


def reconcile(
    state: ComplaintState, due: Sequence[DueAnswer], policy_version: str, now: datetime, *, review: bool = False
) -> Iterator[PromiseEvent]:
    """The events that bring the published promises in line with the facts; none when they already are.

    `now` is stamped on voidings and corrections only; no verdict depends on it. With `review`, an open deadline that the calendar
    or the policy of today puts elsewhere is moved: the old one is voided with the reason, a new one made.
    """
    slots: dict[str, list[PromiseRecord]] = {}
    for record in state.promises.values():
        slots.setdefault(record.rule.rule_id, []).append(record)
    for one in due:
        yield from _follow(state.complaint_id, one, slots.pop(one.rule.rule_id, []), now, review=review)
    for records in slots.values():
        last = records[-1]
        if last.rule.policy_version == policy_version:
            yield from settle(last, "voided", at=now, reason="no-longer-applies")
        else:
            yield from void_open([last], at=now, reason="rule-withdrawn")


def _follow(
    complaint_id: str, due: DueAnswer, records: Sequence[PromiseRecord], now: datetime, *, review: bool
) -> Iterator[PromiseEvent]:
    last = records[-1] if records else None
    promised = last.due_at if last is not None and last.measured_from == due.since else due.due_at
    if due.withdrawn is not None and due.standing(promised) == "voided":
        if last is not None:
            yield from settle(last, "voided", at=now, reason=WITHDRAWN, evidence=(due.withdrawn.cause,))
        return
    retired = None if last is None else _retired_for(last, due, review=review)
    if last is not None and retired is not None:
        yield from settle(last, "voided", at=now, reason=retired, evidence=due.evidence)
    if last is None or retired is not None or last.standing == "voided":
        made = PromiseMade(
            promise_id=name_of(complaint_id, due.rule.rule_id, count=len(records) + 1),
            complaint_id=complaint_id,
            rule=due.rule,
            due_at=due.due_at,
            measured_from=due.since,
            at_risk_at=due.warnings[0],
            warn_again_at=due.warnings[1:],
            obligation=OBLIGATION,
            provisional=due.provisional,
        )
        yield made
        last = record_of(made)
    standing = due.standing(last.due_at)
    if standing == "open":
        return  # what is broken stays so while nothing says that it was done
    at = due.done if last.standing == "open" and due.done is not None else now
    reason = "done-in-time" if standing == "kept" else "done-late"
    yield from settle(last, standing, at=at, reason=reason, evidence=due.evidence)


def _retired_for(last: PromiseRecord, due: DueAnswer, *, review: bool) -> str | None:
    """Why the promise published last is no longer the one that the facts ask for; None where it still is."""
    if last.standing == "voided":
        return None
    if last.measured_from != due.since:
        return "deadline-recomputed"
    if review and last.standing == "open" and last.due_at != due.due_at:
        return moved_by(last.rule, due.rule)
    return None


def lapsed(record: PromiseRecord, *, unproven: bool) -> Iterator[PromiseEvent]:
    """The deadline passed and no fact says that it was answered."""
    return settle(record, "broken", at=record.due_at, reason="deadline-passed", unproven=unproven)
