"""Leave out of a story whatever it goes wrong without: what is left is what a person has to understand.

Delta debugging (Zeller and Hildebrandt, 2002), from large parts to small: workloads, outages, attacks, customers, single acts.
"""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from tests.sim.city.plan.plan import PROVIDER, Plan

KINDS: Final = ("workloads", "o", "a", "c", "f")
LETTERS: Final = 40


def shrink(plan: Plan, fails: Callable[[Plan], bool], goes_on: Callable[[], bool]) -> Plan:
    """A part of `plan` that still `fails`. Once `goes_on` says no, the smallest that was found."""
    before: Plan | None = None
    while plan != before:
        before = plan
        for kind in KINDS:
            plan = _without_most(plan, kind, fails, goes_on)
    return plan


def _without_most(plan: Plan, kind: str, fails: Callable[[Plan], bool], goes_on: Callable[[], bool]) -> Plan:
    """First all of a kind, then each half, each quarter, and in the end each one."""
    size = len(_left(plan, kind))
    while size:
        place = 0
        while (some := _left(plan, kind)[place : place + size]) and goes_on():
            less = plan.without(some)
            if less.acts() and fails(less):
                plan = less
            else:
                place += size
        size = min(size // 2, len(_left(plan, kind)))
    return plan


def _left(plan: Plan, kind: str) -> Sequence[str]:
    """What of a kind is still in the story."""
    if kind == "workloads":
        return [*plan.workloads(), *([PROVIDER] if plan.wrong else [])]
    return [name for name in plan.present() if name[0] == kind]


def kinds(wrong: Collection[str]) -> set[str]:
    """What sorts of things went wrong, whoever it befell and when: a smaller story has to fail as the whole one did."""
    return {re.sub(r"\S*\d\S*", "#", line)[:LETTERS] for line in wrong}
