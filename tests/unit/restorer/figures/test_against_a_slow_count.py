"""Figures of random cities, held to a count that shares no code with them: customer by customer, every ten minutes, from the facts.

Lines of transformers of homes; faults that grow, come back in parts and reopen; transformers that fail under a line that is out,
or before it, and stay out after it. Facts are told in their order in time, or in any order and more than once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from services.places.topology import NetworkModel
from services.reliability.indices import indices_of
from services.reliability.once import counted_once
from services.restorer.domain.course.beside import off_now
from services.restorer.domain.figures.outage import figures_of
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.restorer import Outage, at
from tests.kits.network.models import element

STEP = 10
LAST = 120
"""Steps of ten minutes: nothing is as short as five."""
EXAMPLES = int(os.environ.get("OUTAGE_CITIES", "12"))
"""A city costs a fifth of a second."""
LINES = ("L1", "L2", "L3")
TRANSFORMERS = {line: tuple(f"{line}T{number}" for number in range(3)) for line in LINES}
HOMES = {one: tuple(f"{one}P{number}" for number in range(2)) for found in TRANSFORMERS.values() for one in found}


def network() -> NetworkModel:
    return NetworkModel(
        [
            element("ss", "substation"),
            *(element(line, "line", "ss") for line in LINES),
            *(element(one, "transformer", line) for line, found in TRANSFORMERS.items() for one in found),
            *(element(home, "usagePoint", one) for one, found in HOMES.items() for home in found),
        ]
    )


CITY = network()


@dataclass(frozen=True)
class Said:
    """A fact as the slow count reads it: when (in steps), of which outage, what, and the lines or transformers named."""

    when: int
    mrid: str
    what: str
    named: tuple[str, ...] = ()


def fact(one: Said) -> Any:
    instant = moment(one.when)
    lines = tuple(name for name in one.named if name in TRANSFORMERS)
    extent = Extent(lines=lines, transformers=tuple(name for name in one.named if name not in TRANSFORMERS))
    match one.what:
        case "starts":
            return dispatch.OutageStarted(mrid=one.mrid, outage_class="fault", started_at=instant, extent=extent)
        case "grows":
            return dispatch.ExtentChanged(mrid=one.mrid, changed_at=instant, extent=extent)
        case "part":
            return dispatch.SupplyRestored(mrid=one.mrid, restored_at=instant, scope="part", extent=extent)
        case "back":
            return dispatch.SupplyRestored(mrid=one.mrid, restored_at=instant)
        case _:
            return dispatch.OutageReopened(mrid=one.mrid, reopened_at=instant)


def moment(step: int) -> datetime:
    return at("0:00") + timedelta(minutes=STEP * step)


# The slow count.


def homes_of(named: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for name in named:
        for transformer in TRANSFORMERS.get(name, (name,)):
            found.update(HOMES[transformer])
    return found


def dark_under(facts: list[Said]) -> Mapping[int, set[str]]:
    """Who has no power under one outage in each step."""
    extent: set[str] = set()
    dark: set[str] = set()
    out = False
    found: dict[int, set[str]] = {}
    told = {one.when: one for one in facts}
    for step in range(LAST + 1):
        one = told.get(step)
        if one is not None:
            if one.what in ("starts", "grows"):
                extent = homes_of(one.named)
                out = out or one.what == "starts"
                dark = set(extent) if out else dark
            elif one.what == "part" and out:
                dark = dark - homes_of(one.named)
                out = bool(dark)
            elif one.what == "back":
                dark, out = set(), False
            elif one.what == "again":
                # Where it is off anyway, this says that no part is back.
                dark, out = set(extent), True
        found[step] = dark
    return found


def slow_count(facts: list[Said]) -> tuple[int, int]:
    """Interruptions, and customer minutes until the last step: home by home, step by step."""
    by_outage = [dark_under([one for one in facts if one.mrid == mrid]) for mrid in sorted({one.mrid for one in facts})]
    times = minutes = 0
    for homes in HOMES.values():
        for home in homes:
            before = False
            for step in range(LAST):
                off = any(home in dark[step] for dark in by_outage)
                times += off and not before
                minutes += STEP * off
                before = off
    return times, minutes


# The product's.


@dataclass
class Night:
    """Outages that know of each other what the service's tables say."""

    outages: dict[str, Outage] = field(default_factory=dict)

    def hears(self, one: Said) -> None:
        outage = self.outages.setdefault(one.mrid, Outage(network=CITY, mrid=one.mrid))
        seen = ((mrid, off_now(course_of(other.state))) for mrid, other in self.outages.items() if mrid != one.mrid)
        outage.others = tuple(replace(off, mrid=mrid) for mrid, off in seen if off is not None)
        outage.hears(fact(one), now=moment(LAST))

    def looks_again(self) -> None:
        """Each at the others, as they are once all is told."""
        for outage in self.outages.values():
            outage.looks_beside(*self.outages.values(), now=moment(LAST))

    def counted(self) -> tuple[int, float]:
        figures = {mrid: figures_of(outage.state).interruptions for mrid, outage in self.outages.items()}
        once = counted_once(figures)
        assert once.unresolved == 0
        found = indices_of(once.groups, 18, timedelta(days=1), moment(LAST))
        assert (found.not_known, found.momentary_interruptions) == (0, 0)
        return found.customers_interrupted, found.customer_minutes


def instants(draw: Any, count: int, taken: set[int]) -> list[int]:
    free = [step for step in range(LAST) if step not in taken]
    found = sorted(draw(st.lists(st.sampled_from(free), min_size=count, max_size=count, unique=True)))
    taken.update(found)
    return found


@st.composite
def growing(draw: Any, line: str, taken: set[int]) -> list[Said]:
    """One outage of its own line: a start, then words on what more is off, on parts, on the end, and on beginning again."""
    transformers = TRANSFORMERS[line]
    kinds = draw(st.lists(st.sampled_from(["grows", "part", "part", "back", "again"]), max_size=6))
    moments = instants(draw, len(kinds) + 1, taken)
    first = draw(st.integers(1, len(transformers)))
    facts = [Said(moments[0], line, "starts", transformers[:first])]
    for when, kind in zip(moments[1:], kinds, strict=True):
        if kind == "grows":
            first = draw(st.integers(first, len(transformers)))
            facts.append(Said(when, line, kind, transformers[:first]))
        elif kind == "part":
            facts.append(Said(when, line, kind, (draw(st.sampled_from(transformers[:first])),)))
        else:
            facts.append(Said(when, line, kind))
    return facts


@st.composite
def nested(draw: Any, line: str, taken: set[int]) -> list[Said]:
    """A line that is out, and transformers of it that fail before or meanwhile, each back before or after the line."""
    since, until = instants(draw, 2, taken)
    facts = [Said(since, line, "starts", (line,)), Said(until, line, "back")]
    for one in draw(st.sets(st.sampled_from(TRANSFORMERS[line]), min_size=1)):
        off, back = instants(draw, 2, taken)
        facts += [Said(off, one, "starts", (one,)), Said(back, one, "back")]
    if draw(st.booleans()):
        (part,) = instants(draw, 1, taken)
        if since < part < until:
            facts.append(Said(part, line, "part", (draw(st.sampled_from(TRANSFORMERS[line])),)))
    if draw(st.booleans()):
        (again,) = instants(draw, 1, taken)
        if again > until:
            facts.append(Said(again, line, "again"))
    return facts


@st.composite
def cities(draw: Any) -> list[Said]:
    taken: set[int] = set()
    facts: list[Said] = []
    for line in LINES:
        kind = draw(st.sampled_from(["calm", "growing", "nested"]))
        if kind != "calm":
            facts += draw(growing(line, taken) if kind == "growing" else nested(line, taken))
    return facts


def by_time(facts: list[Said]) -> Iterator[Said]:
    yield from sorted(facts, key=lambda one: one.when)


@settings(max_examples=EXAMPLES)
@given(cities(), st.integers(0, 12))
def test_what_is_counted_is_what_a_slow_count_finds_home_by_home(facts: list[Said], looked: int) -> None:
    night = Night()
    for number, one in enumerate(by_time(facts)):
        night.hears(one)
        if number == looked:
            night.looks_again()
    night.looks_again()
    assert night.counted() == slow_count(facts)


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_outages_that_share_customers_count_the_same_in_any_order_and_more_than_once(data: st.DataObject) -> None:
    """One may be heard of when the other is long over."""
    taken: set[int] = set()
    facts = [one for line in LINES[:2] for one in data.draw(nested(line, taken))]
    again = data.draw(st.lists(st.sampled_from(facts), max_size=4))
    night = Night()
    for one in data.draw(st.permutations([*facts, *again])):
        night.hears(one)
    night.looks_again()
    assert night.counted() == slow_count(facts)


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_in_any_order_and_more_than_once(data: st.DataObject) -> None:
    """Of outages that share no customers."""
    taken: set[int] = set()
    facts = [one for line in LINES for one in data.draw(growing(line, taken))]
    again = data.draw(st.lists(st.sampled_from(facts), max_size=4))
    night = Night()
    for one in data.draw(st.permutations([*facts, *again])):
        night.hears(one)
    assert night.counted() == slow_count(facts)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([Said(0, "L1", "starts", ("L1",)), Said(6, "L1", "back")], (6, 6 * 60)),
        (
            [Said(0, "L1", "starts", ("L1T0",)), Said(3, "L1", "grows", ("L1T0", "L1T1")), Said(6, "L1", "back")],
            (4, 180),
        ),
    ],
)
def test_the_slow_count_by_hand(facts: list[Said], wanted: tuple[int, int]) -> None:
    assert slow_count(facts) == wanted
