"""BC Hydro's rows in the forms that its list has had, and what a word that nobody knows does to what was said before."""

from typing import Any

import pytest

from connectors.feeds import bchydro
from connectors.feeds.listed import ListedRow
from schemas.contracts.base import Polygon
from tests.kits.lists.polled import START, at, expected, feed, kinds, millis, only, play, row


def read(**changes: Any) -> ListedRow:
    return bchydro.SOURCE.read(row(**changes))


def of_2026(**changes: Any) -> dict[str, Any]:
    """A row as lists have it since 2024."""
    return (
        row(crewStatusDescription="No crew assigned", crewStatus="NEW", crewStatusNote=None, showDateOn=False) | changes
    )


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("No crew assigned yet", "awaitingCrewAssignment"),  # to 2023
        ("No crew assigned", "awaitingCrewAssignment"),  # from 2024
        ("Crew on their way", "enroute"),
        ("crew ON-SITE", "arrived"),
        (None, None),
        ("", None),
    ],
)
def test_the_words_of_all_years_say_where_the_crew_is(words: str | None, status: str | None) -> None:
    listed = read(crewStatusDescription=words)
    assert (listed.crew, listed.unknown) == (status, ())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("NEW", "awaitingCrewAssignment"),
        ("NOT_ASSIGNED", "awaitingCrewAssignment"),
        ("ASSIGNED", "assigned"),
        ("ENROUTE", "enroute"),
        ("ONSITE", "arrived"),
        ("SUSPENDED", "awaitingCrewAssignment"),
    ],
)
def test_the_code_outlives_changes_of_the_wording(code: str, status: str) -> None:
    listed = bchydro.SOURCE.read(of_2026(crewStatus=code, crewStatusDescription="Worded anew"))
    assert (listed.crew, listed.unknown) == (status, ())
    assert ("crew-suspended" in listed.problems) == (code == "SUSPENDED")


def test_a_code_that_is_not_known_yields_to_the_words_and_is_remembered() -> None:
    listed = bchydro.SOURCE.read(of_2026(crewStatus="PATROLLING", crewStatusDescription="Crew assigned"))
    assert listed.crew == "assigned"
    assert listed.unknown == (("crewStatus", "PATROLLING"),)
    assert "crew-status-unknown" in listed.problems


def test_an_unknown_word_ends_the_claim_that_somebody_is_at_work() -> None:
    target = feed()
    play(target, (0, [row(crewStatusDescription="Crew on-site")]))
    taken, again = play(
        target, (15, [row(crewStatusDescription="Gone fishing")]), (30, [row(crewStatusDescription="?")])
    )
    assert only(taken, "crew.status").crew_status == "awaitingCrewAssignment"
    assert again.events == ()
    assert target.unknown == {"crewStatusDescription": {"?": 1, "Gone fishing": 1}}
    assert target.counts["crew-status-unknown"] == 1


def test_a_row_that_says_nothing_of_a_crew_any_more_ends_that_claim_too() -> None:
    target = feed()
    play(target, (0, [row(crewStatusDescription="Crew assigned")]))
    (taken,) = play(target, (15, [row(crewStatusDescription=None)]))
    assert only(taken, "crew.status").crew_status == "awaitingCrewAssignment"
    assert target.unknown == {}


def test_where_no_crew_was_ever_spoken_of_none_is() -> None:
    taken = play(feed(), (0, [row(crewStatusDescription=None)]), (15, [row(crewStatusDescription="What?")]))
    assert "crew.status" not in [kind for each in taken for kind in kinds(each)]


@pytest.mark.parametrize("cause", ["Planned work being done on our equipment", "Work being done on our equipment"])
def test_work_on_their_equipment_is_planned_however_it_is_worded(cause: str) -> None:
    (taken,) = play(feed(), (0, [row(cause=cause)]))
    assert kinds(taken) == ["outage.started"]
    assert only(taken, "outage.started").outage_class == "planned"


def test_until_2023_a_date_on_beside_another_estimate_is_when_power_came_back() -> None:
    listed = read(crewEtr=millis(at(60)), dateOn=millis(at(10)), showEtr=True)
    assert (listed.ert, listed.ended) == (at(60), at(10))


def test_since_there_is_a_switch_for_it_date_on_is_what_is_expected() -> None:
    """And never when power came back."""
    for shows, ert in ((True, at(90)), (False, None)):
        listed = bchydro.SOURCE.read(of_2026(dateOn=millis(at(90)), showDateOn=shows))
        assert (listed.ert, listed.ended) == (ert, None)
    both = bchydro.SOURCE.read(of_2026(showDateOn=True, **expected(at(60)) | {"dateOn": millis(at(90))}))
    assert (both.ert, both.ended) == (at(60), None)


def test_rows_of_all_years_name_the_same_outage() -> None:
    for listed in (read(), bchydro.SOURCE.read(of_2026()), read(id="77")):
        assert (listed.local_id, listed.areas, listed.customers, listed.started) == ("77", ("Kamloops",), 68, START)


RING = [-122.07, 52.21, -122.08, 52.21, -122.08, 52.22]


def test_its_ring_is_where_power_is_off() -> None:
    extent = read(polygon=RING).extent
    assert extent.shape == Polygon(
        coordinates=(((-122.07, 52.21), (-122.08, 52.21), (-122.08, 52.22), (-122.07, 52.21)),)
    )
    assert extent.areas != ()


@pytest.mark.parametrize(
    "ring",
    [
        RING[:-1],  # half a point
        RING[:4],  # a line
        [0, 0, 1, 1, 1, 0, 0, 1],  # crosses itself
        [52.21, -122.07, 52.21, -122.08, 52.22, -122.08],  # swapped
        ["-122.07", "52.21"],
        {"rings": [RING]},
        "POLYGON ((…))",
    ],
    ids=str,
)
def test_a_ring_that_is_none_is_counted_and_the_town_stands(ring: Any) -> None:
    listed = read(polygon=ring)
    assert listed.extent.shape is None
    assert listed.extent.areas != ()
    assert "shape-unusable" in listed.problems


@pytest.mark.parametrize("ring", [None, [], ""])
def test_a_row_without_a_ring_is_nothing_odd(ring: Any) -> None:
    listed = read(polygon=ring)
    assert listed.extent.shape is None
    assert "shape-unusable" not in listed.problems


def test_a_ring_that_moves_is_told_and_one_that_goes_missing_stays() -> None:
    wider = [*RING, -122.06, 52.23]
    rings = (RING, RING, wider, [])
    steps = play(feed(), *((15 * n, [row(polygon=ring)]) for n, ring in enumerate(rings)))
    told = [event.data.extent.shape for step in steps for event in step.events if event.type == "extent.changed.v1"]
    assert [len(shape.coordinates[0]) for shape in told] == [5]
