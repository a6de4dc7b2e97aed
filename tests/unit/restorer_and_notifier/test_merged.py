"""Outages that are one, through restorer and notifier: whatever the order of their facts, both end with the same in the dark."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent
from services.notifier.domain.customer.conversation import believe
from tests.kits.deciders.merging import Faults, merged
from tests.kits.deciders.notifier import City, customer
from tests.kits.deciders.restorer import at

A, B = ("a1", "a2"), ("b1", "b2")


class Town:
    """Two outages in both services, and a customer at each point. What the restorer publishes comes to the notifier at once."""

    def __init__(self) -> None:
        self.faults = Faults()
        people = [customer(name, lines=(), areas=(), usage_points=(name,)) for name in (*A, *B)]
        self.city = City(at("10:41"), *people)
        self._told: dict[str, int] = {}

    def hears(self, fact: Any) -> None:
        self.city.hears(fact)
        self.faults.hears(fact)
        while any([*(self._passes_on(mrid) for mrid in list(self.faults.outages))]):
            pass

    def _passes_on(self, mrid: str) -> bool:
        log, after = self.faults[mrid].log, self._told.get(mrid, 0)
        self._told[mrid] = len(log)
        for event in log[after:]:
            if TYPE_OF.get(type(event.data)) in self.published:
                self.city.hears(event.data)
        return after < len(log)

    published = frozenset(
        {"restoration.part.v1", "restoration.confirmed.v1", "restoration.refused.v1", "merge.confirmed.v1"}
    )

    def dark(self) -> set[str]:
        """By the restorer."""
        return {
            point
            for outage in self.faults.outages.values()
            if outage.status in ("confirmed", "partiallyRestored")
            for point in outage.view["remaining"]["usagePoints"]
        }

    def held(self) -> set[str]:
        """By the notifier."""
        return {name for name in (*A, *B) if self.city.of(name).plight().off}

    def believing(self) -> set[str]:
        """Who takes power to be off by what they were told."""
        return {name for name in (*A, *B) if believe(self.city.of(name)).kind == "out"}


def points(names: tuple[str, ...]) -> Extent:
    return Extent(usage_points=names)


def off(mrid: str, clock: str, where: tuple[str, ...]) -> dispatch.OutageStarted:
    return dispatch.OutageStarted(mrid=mrid, started_at=at(clock), extent=points(where), outage_class="fault")


def back(mrid: str, clock: str, *where: str) -> dispatch.SupplyRestored:
    scope: Any = "part" if where else "all"
    return dispatch.SupplyRestored(mrid=mrid, restored_at=at(clock), scope=scope, extent=points(where))


FACTS: tuple[Any, ...] = (
    off("A", "9:00", A),
    off("B", "9:10", B),
    back("A", "9:30", "a1"),
    merged("10:00"),
    back("A", "10:20", "b1"),
    dispatch.ErtChanged(mrid="A", changed_at=at("10:25"), ert=at("15:00")),
    dispatch.CauseCleared(mrid="A", cleared_at=at("10:40"), cause="雷击"),
)
END = back("A", "11:00")


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(FACTS))
def test_in_whatever_order_both_end_with_the_same_people_in_the_dark(order: list[Any]) -> None:
    town = Town()
    for fact in order:
        town.hears(fact)
    assert town.dark() == town.held() == {"a2", "b2"}
    town.city.now = at("11:00")
    town.hears(END)
    town.city.moves_to(at("12:30"))
    assert town.dark() == town.held() == town.believing() == set()
    for name in ("a2", "b2"):
        assert town.city.reached(name)[-1] in ("restored", "part-restored")
        assert "correction" not in town.city.reached(name)


@settings(max_examples=60, deadline=None)
@given(order=st.permutations((*FACTS, END)))
def test_the_last_word_is_true_wherever_the_end_comes(order: list[Any]) -> None:
    town = Town()
    town.city.now = at("11:00")
    for fact in order:
        town.hears(fact)
    town.city.moves_to(at("12:30"))
    assert town.dark() == town.held() == town.believing() == set()
