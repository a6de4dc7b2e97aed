"""BC Hydro's rows in the forms that its list has had, and what a word that nobody knows does to what was said before."""

from typing import Any

import pytest

from connectors.feeds import bchydro
from connectors.feeds.listed import ListedRow
from tests.kits.polled_lists import START, at, expected, feed, kinds, millis, only, play, row


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
