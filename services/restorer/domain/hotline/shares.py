"""Work out which share of calls was answered as soon as a rule asks. Pure.

A rule that no feed speaks of is not measured: the share is None, never 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.contracts.dispatch import CallsAnswered
from services.policy import Policy, Rule

OBLIGATION: Final = "answer-call"


@dataclass(frozen=True, slots=True)
class AnsweredShare:
    """How one rule on the telephone was kept over some hours."""

    rule: Rule
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


def shares(policy: Policy, hours: Iterable[CallsAnswered]) -> list[AnsweredShare]:
    """Every rule on the telephone, in the order of the file, over these hours."""
    told = list(hours)
    return [_share(rule, told) for rule in policy.rules.values() if rule.obligation == OBLIGATION]


def _share(rule: Rule, hours: Sequence[CallsAnswered]) -> AnsweredShare:
    found = [(hour, within) for hour in hours if (within := within_of(rule, hour)) is not None]
    return AnsweredShare(rule, len(found), sum(hour.calls for hour, _ in found), sum(within for _, within in found))


def within_of(rule: Rule, hour: CallsAnswered) -> int | None:
    """How many calls of an hour were answered within a rule's limit; None where the feed does not say."""
    return next(
        (
            one.calls
            for one in hour.within
            if one.unit == rule.unit and rule.amount is not None and one.limit == rule.amount
        ),
        None,
    )
