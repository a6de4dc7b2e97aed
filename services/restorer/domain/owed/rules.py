"""Which rules of the policy ask something of an outage, as what it is and as what it was taken for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import get_args

from schemas.contracts.base import RuleRef, Territory
from schemas.contracts.dispatch import OutageReclassified
from services.policy import Policy, Rule, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.course.territory import WhereItLies
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.owed.excuses import reported
from services.restorer.domain.owed.moments import CALL_BACK, OBLIGATIONS
from services.restorer.domain.state import SupplyState

TERRITORY = "territory"


def asking(
    policy: Policy, obligation: str, traits: Mapping[str, object], where: WhereItLies | None
) -> Iterator[tuple[Rule, WhereItLies | None]]:
    """The rules that ask for something, in the order of the file; with the territories for which, where they look at that."""
    names = where.names if where is not None else ()
    for rule in policy.rules.values():
        if rule.obligation != obligation:
            continue
        if where is None or TERRITORY not in rule.applies_when:
            if rule.applies(traits):
                yield rule, None
        elif there := tuple(name for name in names if rule.applies({**traits, TERRITORY: name})):
            yield rule, replace(where, names=there)


def reclassified(state: SupplyState, course: Course, policy: Policy) -> tuple[frozenset[str], str] | None:
    """Rules that bound the outage while it was taken for something else, and the fact that says what it is.

    None where nobody said anew what it is.
    """
    word = state.reclassified()
    if word is None:
        return None
    said, everywhere = reported(state), WhereItLies(get_args(Territory), "policy")
    others = {course.was, *(each.outage_class for each, _ in state.of(OutageReclassified))} - {course.outage_class}
    rules = {
        rule.id
        for other in others
        for name in (*OBLIGATIONS, CALL_BACK)
        for rule, _ in asking(policy, name, {"outage_class": other, **said.traits, "ordinary": True}, everywhere)
        if rule.aggregate == "each"
    }
    return frozenset(rules), word[1]


def callback_rule(course: Course, policy: Policy, calendar: WorkingCalendar) -> RuleRef | None:
    """The rule under which a person calls the reporter back, if the policy has one: the rate before what is promised by outage."""
    rules = policy.select(CALL_BACK, outage_class=course.outage_class)
    first = min(rules, key=lambda rule: rule.aggregate == "each", default=None)
    return None if first is None else rule_ref(policy, first, calendar)
