"""Networks for tests: written in a line an element, or drawn at random."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from schemas.contracts.base import Territory, Wire
from schemas.contracts.network import (
    ElementKind,
    Feed,
    ModelRef,
    NetworkElement,
    NetworkModelImported,
    NetworkSwitched,
    SwitchBetween,
    SwitchState,
)
from schemas.element_digest import edition_of
from services.kernel.model import Message
from services.places.topology import NetworkModel

START = datetime(2026, 3, 1, tzinfo=UTC)
EDITION = ModelRef(model_id="DJ-GIS", date=START)


def element(
    element_id: str,
    kind: ElementKind = "section",
    *fed_from: str | Feed,
    name: str = "",
    names: dict[str, str] | None = None,
    areas: Sequence[str] = (),
    kilovolts: float | None = None,
    territory: Territory | None = None,
) -> NetworkElement:
    """One element; what it is fed from without a switch may be given by id."""
    feeds = tuple(one if isinstance(one, Feed) else Feed(element_id=one) for one in fed_from)
    return NetworkElement(
        element_id=element_id,
        kind=kind,
        name=name or element_id,
        names=names or {},
        fed_from=feeds,
        areas=tuple(areas),
        nominal_voltage=kilovolts,
        territory=territory,
        model=EDITION,
    )


def by(element_id: str, *switches: str, normally: SwitchState = "closed") -> Feed:
    """A way through switches that are all in one state."""
    return Feed(element_id=element_id, through=tuple(SwitchBetween(switch=one, normally=normally) for one in switches))


# To make a strategy costs more than to draw from it: each is made once.
_A_FIFTH = st.integers(0, 4)
_STATE: st.SearchStrategy[SwitchState] = st.sampled_from(["open", "closed"])
_KIND: st.SearchStrategy[ElementKind] = st.sampled_from(["section", "transformer", "usagePoint"])


@cache
def one_of(count: int) -> st.SearchStrategy[int]:
    """The place of one among so many."""
    return st.integers(0, count - 1)


@cache
def some_of(count: int, least: int, most: int) -> st.SearchStrategy[set[int]]:
    """The places of `least` to `most` different ones among so many, or of all where there are fewer."""
    return st.sets(one_of(count), min_size=min(least, count), max_size=min(most, count))


@cache
def _ways_more(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(one_of(count), max_size=2)


@cache
def _counts(most: int) -> st.SearchStrategy[int]:
    return st.integers(1, most)


@st.composite
def models(draw: st.DrawFn, *, radial: bool = False, most: int = 14) -> NetworkModel:
    """A model in which power comes to everything: each element is fed from an earlier one, or is a substation.

    Not `radial`: further ways too, also back, so that there are rings; some of them by open switches.
    """
    count = draw(_counts(most))
    ids = [f"e{n}" for n in range(count)]
    made: list[NetworkElement] = []
    for n, one in enumerate(ids):
        feeds: list[Feed] = []
        if n and draw(_A_FIFTH):
            feeds.append(Feed(element_id=ids[draw(one_of(n))]))
        others = [] if radial or not feeds else draw(_ways_more(count))
        for way, other in enumerate(others):
            if other != n:
                feeds.append(by(ids[other], f"s{n}.{way}", normally=draw(_STATE)))
        kind: ElementKind = "substation" if not feeds else draw(_KIND)
        made.append(element(one, kind, *feeds))
    return NetworkModel(made)


def powered(model: NetworkModel, out: Iterable[str] = ()) -> frozenset[str]:
    """What has power while some elements let none through: the slow way, from the substations on until nothing changes."""
    dead = frozenset(out)
    found = {
        one for one, element in model.elements.items() if element.kind == "substation" and not element.fed_from
    } - dead
    while more := {
        one for one in model.elements.keys() - found - dead if any(source in found for source in model.neighbours(one))
    }:
        found |= more
    return frozenset(found)


def words(*said: Wire, after: int = 0) -> list[Message]:
    """What stands on the topic, record by record."""
    return [
        Message(
            source="/network/test",
            id=str(after + offset),
            type=type(data).__name__,
            time=START,
            data=data,
            key="",
            partition=0,
            offset=after + offset,
            recorded_at=START + timedelta(seconds=after + offset),
        )
        for offset, data in enumerate(said)
    ]


def whole(elements: Iterable[NetworkElement], edition: ModelRef = EDITION) -> NetworkModelImported:
    """The word that these are an edition."""
    return edition_of(elements, edition, START)


def thrown(switch: str, state: SwitchState, seconds: int = 0) -> NetworkSwitched:
    return NetworkSwitched(switch=switch, state=state, at=START + timedelta(seconds=seconds))
