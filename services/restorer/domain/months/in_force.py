"""Say by which rules a month is judged: those that were in force while it lasted, as they read then. Pure.

A newer policy changes what is promised from then on. Of a month that is over it changes nothing: neither what its rules ask, nor
which rules it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import msgspec

from schemas.contracts.base import RuleRef
from services.policy import Policy, Rule, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.events import PolicyInForce
from services.restorer.domain.months.state import MonthState


class RuleInForce(NamedTuple):
    """A rule as it read then, and how it is cited."""

    rule: Rule
    ref: RuleRef


def cited(policy: Policy, calendar: WorkingCalendar) -> tuple[RuleInForce, ...]:
    """The rules of a policy, in its order."""
    return tuple(RuleInForce(rule, rule_ref(policy, rule, calendar)) for rule in policy.rules.values())


def rules_of(
    state: MonthState, terms: Mapping[str, Policy], policy: Policy, calendar: WorkingCalendar
) -> tuple[RuleInForce, ...]:
    """The rules of a month, in the order of the last policy that came into force in it, then those that it had no more.

    `terms`: policies by version, as far as they are kept; `policy`: today's, which is in force where the month has none yet. A
    month that a version without these words has judged goes by the rules of which it spoke, with the limits that it named.
    """
    named = state.opened.policies if state.opened is not None else ()
    known = [(terms[one.policy_version], one) for one in named if one.policy_version in terms]
    if known:
        found = {rule.id: _as_named(one, then, rule, calendar) for then, one in known for rule in then.rules.values()}
        return tuple(found[name] for name in dict.fromkeys((*known[-1][0].rules, *found)))
    if state.counted is None and state.published is None:
        return cited(policy, calendar)
    return tuple(_as_judged(state, policy, calendar))


def _as_named(one: PolicyInForce, policy: Policy, rule: Rule, calendar: WorkingCalendar) -> RuleInForce:
    ref = msgspec.structs.replace(rule_ref(policy, rule, calendar), calendar_version=one.calendar_version)
    return RuleInForce(rule, ref)


def _as_judged(state: MonthState, policy: Policy, calendar: WorkingCalendar) -> Iterator[RuleInForce]:
    rows = {row.rule.rule_id: row.rule for row in state.published.rows} if state.published is not None else {}
    for rule in policy.rules.values():
        word = state.judged.get(rule.id)
        came_later = word is None and (rule.id not in rows if rows else rule.aggregate != "each")
        if came_later:
            continue
        if word is None:
            yield RuleInForce(rule, rows.get(rule.id) or rule_ref(policy, rule, calendar))
        else:
            limit = None if word.limit is None else Decimal(str(word.limit))
            yield RuleInForce(replace(rule, amount=limit), word.rule)
