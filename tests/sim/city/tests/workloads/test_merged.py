"""The referee of outages that are one: what may be merged, and of which no restoration stands."""

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageMerged, OutageStarted, SupplyRestored
from tests.chaos.merges import as_one, merges
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.overlapping.merged import wrong

LINE, OTHER = Extent(lines=("L",)), Extent(lines=("M",))


def off(mrid: str, when: float, where: Extent, kind: str = "fault") -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class=kind, started_at=at(when), extent=where)  # type: ignore[arg-type]


def same(mrid: str, into: str, when: float) -> OutageMerged:
    return OutageMerged(mrid=mrid, into=into, merged_at=at(when))


TWO = [off("A", 0, LINE), off("B", 1, OTHER), same("A", "B", 5)]


def test_one_is_merged_once_and_in_no_ring() -> None:
    assert wrong(TWO, [("A", "B")], {"B"}) == []
    assert wrong(TWO, [("A", "B"), ("A", "C")], set()) == ["A was merged 2 times"]
    assert len(wrong(TWO, [("A", "B"), ("B", "A")], set())) == 2


def test_no_restoration_stands_of_what_goes_on_as_another() -> None:
    assert wrong(TWO, [("A", "B")], {"A"}) == ["A was merged, never said to be back, and confirmed"]


def test_facts_of_both_are_one_outages() -> None:
    early = SupplyRestored(mrid="A", restored_at=at(3))
    late = SupplyRestored(mrid="A", restored_at=at(9))
    told = as_one([*TWO, early, late])
    assert {fact.mrid for fact in told} == {"B"}
    start, part, end = told
    assert (start.started_at, start.extent) == (at(0), Extent(lines=("L", "M")))
    assert (part.scope, part.extent, end.scope) == ("part", LINE, "all")


def test_rings_second_merges_and_work_do_not_count() -> None:
    found, rings = merges([*TWO, same("B", "A", 9), off("C", 2, LINE), same("A", "C", 9)])
    assert [(one.mrid, one.into) for one in found] == [("A", "B")]
    assert rings == {"A", "B"}
    assert merges([off("A", 0, LINE, "planned"), off("B", 1, OTHER), same("A", "B", 5)])[0] == []
