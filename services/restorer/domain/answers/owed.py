"""Compare what was promised of a matter with what its facts now say: an answer by the rule's time, from when it was received.

A promise once published is never edited: a fact that overturns a verdict is followed by promise.corrected; where the time runs from
another instant, or another rule asks, the old promise is voided and a new one made, its id counted up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseMade
from services.kernel.model import Decision
from services.kernel.values.sortedset import SortedSet
from services.policy import Policy, PolicyError, Rule, deadline, moved_by, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseEvent, PromiseRecord, Standing, name_of, record_of, settle, void_open
from services.restorer.domain.answers.said import GivenAnswer, first_answer
from services.restorer.domain.callers.reports import Moment


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody asked: by which field and name it goes, what is owed, and what its facts say."""

    named_as: str
    """The field of promises that has its name: complaint_id, enquiry_id."""
    name: str
    obligation: str
    since: Moment | None = None
    """When it was received, if that is known."""
    answers: SortedSet[GivenAnswer] = field(default_factory=SortedSet)
    withdrawn: Moment | None = None
    withdrawn_for: str = ""
    promises: Mapping[str, PromiseRecord] = field(default_factory=dict)

    def answer(self, early: timedelta) -> GivenAnswer | None:
        """The first answer that can be one to it."""
        return first_answer(self.answers, self.since, early)


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
    """When the matter was withdrawn: what was decided by then stands, what was not binds nobody any more."""

    def standing(self, due_at: datetime) -> Standing:
        """How the promise stands by the facts alone; open where only its deadline can decide."""
        decided = due_at if self.done is None else min(self.done, due_at)
        if self.withdrawn is not None and self.withdrawn.at < decided:
            return "voided"
        if self.done is None:
            return "open"
        return "kept" if self.done <= due_at else "broken"


def check(policy: Policy, obligation: str, moments: tuple[str, str], what: str) -> None:
    """Make sure that every rule on such matters that names a time can be measured. `what`: as it is called.

    Raises:
        PolicyError: a rule measures from or to a moment that there is not; names the rule and what it may say.

    """
    for rule in policy.rules.values():
        if rule.obligation != obligation or not names_a_time(rule):
            continue
        for given, known in zip((rule.measure_from, rule.measure_to), moments, strict=True):
            if given != known:
                raise PolicyError(f"rule {rule.id} of policy {policy.id}: {what} has no {given!r}; write {known}")


def names_a_time(rule: Rule) -> bool:
    """Whether each case has a deadline by it; of what names none nothing is promised, and nothing measured."""
    return rule.aggregate == "each" and rule.amount is not None


def due_of(matter: Matter, policy: Policy, calendar: WorkingCalendar, **traits: object) -> list[DueAnswer]:
    """What every rule asks; nothing of what is not known yet."""
    since = matter.since
    if since is None:
        return []
    answer = matter.answer(policy.settings.facts.early)
    found = []
    for rule in policy.select(matter.obligation, **traits):
        if not names_a_time(rule):
            continue
        limit = deadline(rule, since.at, calendar)
        found.append(
            DueAnswer(
                rule=rule_ref(policy, rule, calendar),
                since=since.at,
                due_at=limit.due_at + rule.tolerance,
                warnings=policy.warnings(rule, since.at, limit.due_at),
                provisional=limit.provisional,
                evidence=(since.cause,) if answer is None else (since.cause, answer.cause),
                done=None if answer is None else answer.at,
                withdrawn=matter.withdrawn,
            )
        )
    return found


def never_made(matter: Matter, due: Iterable[DueAnswer]) -> set[str]:
    """Rules under which an answer is owed that nobody has ever promised: a version that promises none was at work."""
    made = {record.rule.rule_id for record in matter.promises.values()}
    return {one.rule.rule_id for one in due if one.standing(one.due_at) != "voided"} - made


def only_to_come(decision: Decision, now: datetime, owed: set[str], *, all_of_it: bool = False) -> Decision:
    """Without promises that are past and were given by nobody (ADR 57): of rules in `owed` before this word, or `all_of_it`."""
    past = [said.data for said in decision.events if isinstance(said.data, PromiseMade) and said.data.due_at <= now]
    gone = {made.promise_id for made in past if all_of_it or made.rule.rule_id in owed}
    if not gone:
        return decision
    return replace(
        decision, events=[one for one in decision.events if getattr(one.data, "promise_id", None) not in gone]
    )


def reconcile(
    matter: Matter, due: Sequence[DueAnswer], policy_version: str, now: datetime, *, review: bool = False
) -> Iterator[PromiseEvent]:
    """The events that bring the published promises in line with the facts; none when they already are.

    `now` is stamped on voidings and corrections only; no verdict depends on it. With `review`, an open deadline that the calendar
    or the policy of today puts elsewhere is moved: the old one is voided with the reason, a new one made.
    """
    slots: dict[str, list[PromiseRecord]] = {}
    for record in matter.promises.values():
        slots.setdefault(record.rule.rule_id, []).append(record)
    for one in due:
        yield from _follow(matter, one, slots.pop(one.rule.rule_id, []), now, review=review)
    for records in slots.values():
        last = records[-1]
        if last.rule.policy_version == policy_version:
            yield from settle(last, "voided", at=now, reason="no-longer-applies")
        else:
            yield from void_open([last], at=now, reason="rule-withdrawn")


def _follow(
    matter: Matter, due: DueAnswer, records: Sequence[PromiseRecord], now: datetime, *, review: bool
) -> Iterator[PromiseEvent]:
    last = records[-1] if records else None
    promised = last.due_at if last is not None and last.measured_from == due.since else due.due_at
    if due.withdrawn is not None and due.standing(promised) == "voided":
        if last is not None:
            evidence = (due.withdrawn.cause,)
            yield from settle(last, "voided", at=now, reason=matter.withdrawn_for, evidence=evidence)
        return
    retired = None if last is None else _retired_for(last, due, review=review)
    if last is not None and retired is not None:
        yield from settle(last, "voided", at=now, reason=retired, evidence=due.evidence)
    if last is None or retired is not None or last.standing == "voided":
        made = _made(matter, due, len(records) + 1)
        yield made
        last = record_of(made)
    standing = due.standing(last.due_at)
    if standing == "open":
        return  # what is broken stays so while nothing says that it was done
    at = due.done if last.standing == "open" and due.done is not None else now
    reason = "done-in-time" if standing == "kept" else "done-late"
    yield from settle(last, standing, at=at, reason=reason, evidence=due.evidence)


def _made(matter: Matter, due: DueAnswer, count: int) -> PromiseMade:
    return PromiseMade(
        promise_id=name_of(matter.name, due.rule.rule_id, count=count),
        rule=due.rule,
        due_at=due.due_at,
        measured_from=due.since,
        at_risk_at=due.warnings[0],
        warn_again_at=due.warnings[1:],
        obligation=matter.obligation,
        provisional=due.provisional,
        complaint_id=matter.name if matter.named_as == "complaint_id" else None,
        enquiry_id=matter.name if matter.named_as == "enquiry_id" else None,
    )


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


def timer_of(promises: Mapping[str, PromiseRecord], name: str) -> tuple[PromiseRecord, str] | None:
    """The open promise that a timer is about, with `due` or `at-risk`; None when it is settled already."""
    promise_id, _, what = name.removeprefix("promise/").rpartition("/")
    record = promises.get(promise_id)
    return (record, what) if record is not None and record.standing == "open" else None
