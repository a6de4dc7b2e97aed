"""Count who had no power and for how long, customer by customer, from what dispatch said: the referee of figures of supply.

By number, where dispatch says how many an outage cuts: a queue of customers, in which who has waited longest comes first. By home,
where the network says who hangs on what: each home's own hours in the dark, under however many outages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from schemas.contracts import dispatch

SUSTAINED: Final = timedelta(minutes=5)
"""Longer than this (IEEE Std 1366-2012, 3.28)."""
MINUTE: Final = timedelta(minutes=1)
Dark = tuple[datetime, datetime]
"""From when until when one customer had no power."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What many interruptions come to. `unknown`: outages of which nobody said how many they cut."""

    interrupted: int = 0
    minutes: float = 0.0
    momentary: int = 0
    unknown: int = 0

    def __add__(self, other: Supply) -> Supply:
        """Both together."""
        return Supply(
            self.interrupted + other.interrupted,
            self.minutes + other.minutes,
            self.momentary + other.momentary,
            self.unknown + other.unknown,
        )


def summed(dark: Iterable[Dark]) -> Supply:
    """One interruption after the other."""
    found = Supply()
    for since, until in dark:
        if until - since > SUSTAINED:
            found += Supply(interrupted=1, minutes=(until - since) / MINUTE)
        else:
            found += Supply(momentary=1)
    return found


def by_number(facts: Iterable[Any]) -> Supply:
    """What outages come to of which dispatch says how many customers they cut; each is over in the end."""
    found = Supply()
    for _, own in groupby(sorted(facts, key=lambda fact: fact.mrid), key=lambda fact: fact.mrid):
        words = [*dict.fromkeys(own)]
        if any(isinstance(fact, dispatch.OutageWithdrawn) for fact in words):
            continue
        dark = dark_under(words)
        found += Supply(unknown=1) if dark is None else summed(dark)
    return found


def dark_under(facts: Sequence[Any]) -> list[Dark] | None:
    """The customers of one outage, one by one; None where nobody ever says how many it cut."""
    return [*_queued(facts)] if _said(facts) else None


def _said(facts: Sequence[Any]) -> bool:
    return any(
        isinstance(fact, dispatch.OutageStarted | dispatch.ExtentChanged) and fact.extent.customers_affected is not None
        for fact in facts
    )


def _queued(facts: Sequence[Any]) -> Iterator[Dark]:
    """As they come back."""
    waiting: list[datetime] = []
    said = None
    for at, fact in sorted(((moment(fact), fact) for fact in facts), key=lambda one: one[0]):
        match fact:
            case dispatch.OutageStarted() | dispatch.ExtentChanged():
                said = fact.extent.customers_affected if fact.extent.customers_affected is not None else said
                wanted = _first_said(facts) if said is None else said
            case dispatch.OutageReopened():
                wanted = said or 0
            case dispatch.SupplyRestored(scope="part") if said is None:
                continue  # of how many this is a part nobody has said
            case dispatch.SupplyRestored(scope="part"):
                wanted = len(waiting) - min(len(waiting), fact.extent.customers_affected or 0)
            case dispatch.SupplyRestored():
                wanted = 0
            case _:
                continue
        while len(waiting) > wanted:
            yield waiting.pop(0), at
        while len(waiting) < wanted:
            waiting.append(at)


def _first_said(facts: Sequence[Any]) -> int:
    """Who was off before anybody said how many: as many as were said first."""
    changes = [fact for fact in facts if isinstance(fact, dispatch.ExtentChanged)]
    return next(
        fact.extent.customers_affected
        for fact in sorted(changes, key=moment)
        if fact.extent.customers_affected is not None
    )


def moment(fact: Any) -> datetime:
    """When it was so; what no power depends on lies nowhere in particular."""
    names = ("started_at", "changed_at", "restored_at", "reopened_at", "withdrawn_at", "reported_at", "done_at", "at")
    found: datetime = next(getattr(fact, name) for name in names if hasattr(fact, name))
    return found


def by_home(facts: Sequence[Any], homes: Mapping[str, Sequence[str]]) -> Supply:
    """What outages come to that name lines and transformers, on which these homes hang; each is over in the end."""
    every = sorted({home for found in homes.values() for home in found})
    mrids = sorted({fact.mrid for fact in facts})
    return sum((summed(_joined(_hours(home, facts, mrids, homes))) for home in every), Supply())


def _hours(home: str, facts: Sequence[Any], mrids: Sequence[str], homes: Mapping[str, Sequence[str]]) -> Iterator[Dark]:
    """The hours of one home in the dark, outage by outage."""
    for mrid in mrids:
        since: datetime | None = None
        for fact in sorted((fact for fact in facts if fact.mrid == mrid), key=moment):
            named = [*fact.extent.lines, *fact.extent.transformers] if hasattr(fact, "extent") else []
            concerns = any(home in homes[name] for name in named)
            if isinstance(fact, dispatch.OutageStarted) and concerns:
                since = fact.started_at
            elif isinstance(fact, dispatch.SupplyRestored) and since is not None and (fact.scope == "all" or concerns):
                yield since, fact.restored_at
                since = None


def _joined(dark: Iterable[Dark]) -> Iterator[Dark]:
    """Hours that touch are one time in the dark."""
    whole: Dark | None = None
    for since, until in sorted(dark):
        if whole is not None and since <= whole[1]:
            whole = whole[0], max(whole[1], until)
            continue
        if whole is not None:
            yield whole
        whole = since, until
    if whole is not None:
        yield whole


def differs(told: str, mine: Supply, theirs: Supply) -> Iterator[str]:
    """Where a report says otherwise."""
    same = (mine.interrupted, mine.momentary, mine.unknown) == (theirs.interrupted, theirs.momentary, theirs.unknown)
    if not same or abs(mine.minutes - theirs.minutes) > 1e-6 * max(1.0, mine.minutes):
        yield f"{told} come to {mine} by the facts, and the report says {theirs}"
