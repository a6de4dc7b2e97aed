"""Work out which share of calls was answered as soon as a rule asks. Pure.

Each hour goes by the rules that were in force when it was told. A rule that no feed speaks of is not measured: the share is None,
never 100 %. All hotlines of a utility are one share, call by call: the rule binds the utility, and a quiet line hides no busy one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import CallsAnswered
from services.policy import Policy

OBLIGATION: Final = "answer-call"


class HourRule(msgspec.Struct, frozen=True):
    """A rule on the telephone as it read when an hour was told: within so many of the unit."""

    rule: RuleRef
    unit: str
    amount: float


@dataclass(frozen=True, slots=True)
class TelephoneHour:
    """An hour of a hotline, with the rules by which it goes; None: nobody said so yet, and it goes by today's."""

    calls: CallsAnswered
    rules: tuple[HourRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class AnsweredShare:
    """How one rule on the telephone was kept over some hours; the limit is the last of these hours', else today's."""

    rule_id: str
    amount: float | None
    unit: str
    hours: int = 0
    """Hours whose feed says how many calls were answered within the rule's limit; of others nothing is counted."""
    calls: int = 0
    """Calls that rang in these hours, those given up by the caller included."""
    within: int = 0
    """Of these, answered within the limit."""

    @property
    def is_measured(self) -> bool:
        """Whether any feed speaks of the limit."""
        return self.hours > 0

    @property
    def share(self) -> float | None:
        """Answered in time of all; None where it is not measured, or nobody called."""
        return self.within / self.calls if self.calls else None


def shares(policy: Policy, hours: Iterable[TelephoneHour]) -> list[AnsweredShare]:
    """Every rule on the telephone over these hours: today's in the order of the file, then those that only the hours name."""
    today = [rule for rule in policy.rules.values() if rule.obligation == OBLIGATION]
    found = {
        rule.id: AnsweredShare(rule.id, None if rule.amount is None else float(rule.amount), rule.unit)
        for rule in today
    }
    by_today = tuple(
        HourRule(
            RuleRef(policy_id=policy.id, policy_version=policy.version, rule_id=one.id), one.unit, float(one.amount)
        )
        for one in today
        if one.amount is not None
    )
    for hour in sorted(hours, key=lambda one: one.calls.hour):
        for rule in by_today if hour.rules is None else hour.rules:
            within = within_of(rule, hour.calls)
            if within is None:
                continue
            known = found.get(rule.rule.rule_id) or AnsweredShare(rule.rule.rule_id, rule.amount, rule.unit)
            found[known.rule_id] = replace(
                known,
                amount=rule.amount,
                unit=rule.unit,
                hours=known.hours + 1,
                calls=known.calls + hour.calls.calls,
                within=known.within + within,
            )
    return [*found.values()]


def within_of(rule: HourRule, hour: CallsAnswered) -> int | None:
    """How many calls of an hour were answered within a rule's limit; None where the feed does not say."""
    return next((one.calls for one in hour.within if one.unit == rule.unit and one.limit == rule.amount), None)
