"""A row of a polled list, and each change of it, becomes dispatch events; what cannot be is counted, not told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.kits.lists.polled import START, at, expected, feed, kinds, millis, only, play, row, valid

# --- what a new row says


def test_a_new_fault_is_stated_as_started_and_as_reported_so_that_its_promises_run() -> None:
    (taken,) = play(feed(), (0, [row()]))
    assert kinds(taken) == ["outage.started", "fault.reported"]
    started = only(taken, "outage.started")
    assert started == dispatch.OutageStarted(
        mrid="bchydro-77",
        outage_class="fault",
        started_at=START,
        extent=Extent(areas=("Kamloops",), customers_affected=68),
    )
    assert only(taken, "fault.reported").reported_at == START
    assert all(valid(event) and event.key == "bchydro-77" and event.time == at(0) for event in taken.events)


def test_planned_work_is_no_fault_and_makes_no_fault_promise() -> None:
    (taken,) = play(feed(), (0, [row(cause="Planned work being done on our equipment")]))
    assert kinds(taken) == ["outage.started"]
    assert only(taken, "outage.started").outage_class == "planned"


@pytest.mark.parametrize("words", ["Under investigation", "No Known Message", "", None, 12])
def test_a_guess_is_not_told_as_a_cause(words: object) -> None:
    (taken,) = play(feed(), (0, [row(cause=words)]))
    assert only(taken, "outage.started").cause is None


def test_a_known_cause_is_told_in_the_feeds_public_words() -> None:
    (taken,) = play(feed(), (0, [row(cause="Tree down  across our wires\x00")]))
    assert only(taken, "outage.started").cause == "Tree down across our wires"


def test_a_fault_in_the_customers_own_installation_is_reported_as_such() -> None:
    (taken,) = play(feed(), (0, [row(cause="Customer's equipment")]))
    assert only(taken, "fault.reported").fault_side == "customer"


def test_each_municipality_is_an_area_of_its_own() -> None:
    (taken,) = play(feed(), (0, [row(municipality=" Burnaby,Richmond ,  Vancouver, Burnaby,")]))
    assert only(taken, "outage.started").extent.areas == ("Burnaby", "Richmond", "Vancouver")


def test_an_expected_time_is_told_only_when_the_feed_shows_it() -> None:
    shown, hidden = expected(at(90)), expected(at(90)) | {"showEtr": False}
    assert only(play(feed(), (0, [row(**shown)]))[0], "outage.started").ert == at(90)
    assert only(play(feed(), (0, [row(**hidden)]))[0], "outage.started").ert is None


def test_a_crew_already_there_is_stated_with_the_time_of_the_rows_last_update() -> None:
    (taken,) = play(feed(), (0, [row(crewStatusDescription="Crew on-site", lastUpdated=millis(at(-4)))]))
    assert only(taken, "crew.status") == dispatch.CrewStatus(mrid="bchydro-77", crew_status="arrived", at=at(-4))


def test_planned_work_listed_ahead_is_stated_when_it_begins() -> None:
    ahead = row(cause="Planned work being done on our equipment", dateOff=millis(at(20)))
    first, second = play(feed(), (0, [ahead]), (30, [ahead]))
    assert first.events == ()
    assert only(second, "outage.started").started_at == at(20)


# --- what changed


def test_an_unchanged_list_says_nothing() -> None:
    _, second = play(feed(), (0, [row()]), (15, [row()]))
    assert second.events == ()


def test_each_change_is_stated_once_with_the_time_the_row_gives() -> None:
    later = row(
        **expected(at(120)), numCustomersOut=90, crewStatusDescription="Crew on their way", lastUpdated=millis(at(9))
    )
    _, second, third = play(feed(), (0, [row()]), (15, [later]), (30, [later]))
    assert kinds(second) == ["extent.changed", "ert.changed", "crew.status"]
    assert only(second, "extent.changed").extent.customers_affected == 90
    assert only(second, "ert.changed") == dispatch.ErtChanged(mrid="bchydro-77", changed_at=at(9), ert=at(120))
    assert only(second, "crew.status").crew_status == "enroute"
    assert third.events == ()


def test_a_stale_update_time_yields_to_the_time_of_the_list() -> None:
    _, second = play(feed(), (0, [row()]), (15, [row(numCustomersOut=1, lastUpdated=millis(at(-60)))]))
    assert only(second, "extent.changed").changed_at == at(15)


def test_an_expected_time_withdrawn_is_said_to_be_unknown() -> None:
    _, second = play(feed(), (0, [row(**expected(at(90)))]), (15, [row()]))
    assert only(second, "ert.changed").ert is None


def test_an_expected_time_that_passes_unsaid_is_no_change() -> None:
    shown = row(**expected(at(10)))
    _, second = play(feed(), (0, [shown]), (15, [shown]))
    assert second.events == ()


@pytest.mark.parametrize(
    ("words", "status"),
    [("Crew assigned", "assigned"), ("Crew on their way", "enroute"), ("Crew on-site", "arrived")],
)
def test_crew_words_become_cim_crew_status(words: str, status: str) -> None:
    _, second = play(feed(), (0, [row()]), (15, [row(crewStatusDescription=words)]))
    assert only(second, "crew.status").crew_status == status


def test_a_suspended_crew_is_nobody_at_work() -> None:
    _, second = play(
        feed(), (0, [row(crewStatusDescription="Crew on-site")]), (15, [row(crewStatusDescription="Suspended")])
    )
    assert only(second, "crew.status").crew_status == "awaitingCrewAssignment"
    assert second.counts["crew-suspended"] == 1


def test_a_fault_that_the_list_calls_work_later_is_reclassified_and_back_again_by_its_cause() -> None:
    work = {"cause": "Planned work being done on our equipment"}
    _, second, third, last = play(
        feed(), (0, [row()]), (15, [row(**work)]), (30, [row(**work)]), (45, [row(cause="Fire")])
    )
    assert only(second, "outage.reclassified").outage_class == "planned"
    assert "outage.reclassified" not in kinds(third), "said once"
    assert only(last, "outage.reclassified").outage_class == "fault"


def test_a_row_that_has_lost_its_cause_is_no_fault_for_that() -> None:
    target = feed()
    work = {"cause": "Planned work being done on our equipment"}
    *_, last = play(target, (0, [row(**work)]), (15, [row(cause=None)]))
    assert "outage.reclassified" not in kinds(last)
    assert target.counts["class-no-longer-said"] == 1


def test_a_cause_that_changes_is_corrected_and_one_that_is_withdrawn_is_counted() -> None:
    target = feed()
    named, other = row(cause="Tree down"), row(cause="Motor vehicle accident", lastUpdated=millis(at(20)))
    taken = play(target, (0, [row()]), (15, [named]), (30, [other]), (45, [other]), (60, [row()]))
    learned, changed = only(taken[1], "outage.corrected"), only(taken[2], "outage.corrected")
    assert (learned.cause, learned.started_at, learned.fault_side) == ("Tree down", None, None)
    assert (changed.cause, changed.corrected_at) == ("Motor vehicle accident", at(20))
    assert [kinds(each) for each in taken[3:]] == [[], []]
    assert target.counts["cause-no-longer-listed"] == 1


def test_a_cause_that_is_the_customers_own_says_whose_fault_it_is() -> None:
    _, second = play(feed(), (0, [row()]), (15, [row(cause="Customer's equipment")]))
    assert only(second, "outage.corrected").fault_side == "customer"


def test_another_start_is_corrected_where_it_can_be_believed() -> None:
    sooner, mad = row(dateOff=millis(at(-50))), row(dateOff=millis(at(60 * 24 * 400)))
    target = feed()
    taken = play(target, (0, [row()]), (15, [sooner]), (30, [sooner]), (45, [mad]), (60, [row()]))
    assert only(taken[1], "outage.corrected").started_at == at(-50)
    assert [kinds(each) for each in taken[2:4]] == [[], []]
    assert only(taken[4], "outage.corrected").started_at == START
    assert (target.counts["start-moved"], target.counts["start-in-future"]) == (1, 1)


def test_a_start_of_a_later_cut_is_counted_for_a_correction_speaks_of_the_first() -> None:
    target = feed()
    again = row(dateOff=millis(at(50)))
    *_, last = play(target, (0, [row()]), (15, []), (45, []), (60, [again]), (75, [row(dateOff=millis(at(55)))]))
    assert last.events == ()
    assert target.counts["later-cut-moved"] == 1


def test_a_list_that_writes_its_area_in_another_way_has_not_moved_it() -> None:
    later = row(municipality="KAMLOOPS\u200b ", lastUpdated=millis(at(4)))
    _, again, counted = play(feed(), (0, [row()]), (5, [later]), (10, [later | {"numCustomersOut": 40}]))
    assert "extent.changed" not in kinds(again)
    assert "extent.changed" in kinds(counted)


# --- times and values that cannot be

YEAR = timedelta(days=366)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dateOff": None}, "start-missing"),
        ({"dateOff": "soon"}, "start-unreadable"),
        ({"dateOff": 10**30}, "start-unreadable"),
        ({"dateOff": -62_000_000_000_000}, "start-unreadable"),
        ({"dateOff": millis(START - YEAR)}, "start-too-old"),
        ({"dateOff": millis(START + YEAR)}, "start-in-future"),
    ],
)
def test_an_impossible_start_becomes_the_time_of_the_list(changes: dict[str, Any], reason: str) -> None:
    (taken,) = play(feed(), (0, [row(**changes)]))
    assert only(taken, "outage.started").started_at == at(0)
    assert taken.counts[reason] == 1
    assert all(valid(event) for event in taken.events)


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        (START, "ert-not-after-start"),
        (START - timedelta(days=1), "ert-not-after-start"),
        (at(-5), "ert-already-past"),
        (at(0) + YEAR, "ert-too-far"),
        (datetime(1999, 12, 31, tzinfo=UTC), "ert-unreadable"),
    ],
)
def test_an_impossible_expected_time_is_not_told(instant: datetime, reason: str) -> None:
    (taken,) = play(feed(), (0, [row(**expected(instant))]))
    assert only(taken, "outage.started").ert is None
    assert taken.counts[reason] == 1


def test_a_place_or_count_that_turns_bad_leaves_what_was_known() -> None:
    """Whoever is dark is owed the word that power is back; and a count left out says nothing by its contract."""
    bad = row(numCustomersOut=-1, municipality=None, crewStatusDescription="???", dateOff="x", lastUpdated="y")
    target = feed()
    _, second = play(target, (0, [row()]), (15, [bad]))
    assert second.events == ()
    reasons = {
        "customers-unusable",
        "area-missing",
        "crew-status-unknown",
        "start-unreadable",
        "update-time-unreadable",
    }
    assert reasons <= target.counts.keys()


def test_an_anomaly_is_counted_once_per_outage() -> None:
    target = feed()
    play(target, *((15 * poll, [row(dateOff=None), row(id=78, dateOff=None)]) for poll in range(4)))
    assert target.counts["start-missing"] == 2
