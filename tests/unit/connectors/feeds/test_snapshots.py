"""Polled lists become dispatch events, and nothing is called restored because a list was bad."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.feeds import bchydro
from connectors.feeds.snapshots import FeedStateError, ListResult, SnapshotFeed, StatedEvent
from schemas.contracts import dispatch
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent

NOON = datetime(2023, 5, 10, 12, 0, tzinfo=UTC)
START = NOON - timedelta(minutes=20)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def millis(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": 77,
        "municipality": "Kamloops",
        "cause": "Under investigation",
        "numCustomersOut": 68,
        "crewStatusDescription": "No crew assigned yet",
        "crewEta": None,
        "dateOff": millis(START),
        "dateOn": None,
        "lastUpdated": millis(START),
        "crewEtr": None,
        "showEta": False,
        "showEtr": False,
    } | changes


def expected(instant: datetime) -> dict[str, Any]:
    return {"crewEtr": millis(instant), "dateOn": millis(instant), "showEtr": True}


def feed() -> SnapshotFeed:
    return SnapshotFeed(bchydro.SOURCE)


def play(target: SnapshotFeed, *lists: tuple[float, Any]) -> list[ListResult]:
    return [
        target.take(at(minutes), body if isinstance(body, str | bytes) else json.dumps(body)) for minutes, body in lists
    ]


def kinds(taken: ListResult) -> list[str]:
    return [event.type.rpartition(".v")[0] for event in taken.events]


def only(taken: ListResult, type_name: str) -> Any:
    (event,) = [event for event in taken.events if event.type == f"{type_name}.v1"]
    return event.data


def valid(event: StatedEvent) -> bool:
    return msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data


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


def test_a_cause_or_class_learned_late_is_counted_because_no_event_can_say_it() -> None:
    target = feed()
    play(target, (0, [row()]), (15, [row(cause="Planned work being done on our equipment")]))
    assert target.counts["class-learned-late"] == 1
    assert target.counts["cause-learned-late"] == 1


# --- gone, and back


def test_missing_from_one_list_is_not_restored() -> None:
    taken = play(feed(), (0, [row()]), (45, []))
    assert taken[1].events == ()


def test_missing_twice_within_less_than_half_an_hour_is_not_restored() -> None:
    taken = play(feed(), (0, [row()]), (15, []), (30, []), (44, []))
    assert [event for each in taken[1:] for event in each.events] == []


def test_missing_long_enough_is_restored_at_the_first_list_without_it() -> None:
    *_, third, fourth = play(feed(), (0, [row()]), (15, []), (30, []), (45, []), (60, []))
    assert only(third, "supply.restored") == dispatch.SupplyRestored(mrid="bchydro-77", restored_at=at(15))
    assert fourth.events == ()


def test_an_estimate_that_has_passed_is_not_taken_for_the_time_power_came_back() -> None:
    *_, last = play(feed(), (0, [row(**expected(at(10)))]), (15, []), (45, []))
    assert only(last, "supply.restored").restored_at == at(15)


def test_an_end_that_differs_from_the_estimate_is_believed_when_it_can_be_true() -> None:
    true_end = row(crewEtr=millis(at(40)), showEtr=True, dateOn=millis(at(7)))
    *_, last = play(feed(), (0, [true_end]), (15, []), (45, []))
    assert only(last, "supply.restored").restored_at == at(7)
    for wrong in (START - timedelta(hours=1), START, at(16), at(60 * 24 * 365)):
        target = feed()
        *_, last = play(target, (0, [row(dateOn=millis(wrong))]), (15, []), (45, []))
        assert only(last, "supply.restored").restored_at == at(15)
        assert target.counts["end-not-believed"] == 1


def test_an_outage_back_before_it_was_called_restored_says_nothing() -> None:
    target = feed()
    taken = play(target, (0, [row()]), (15, []), (30, []), (44, [row()]), (59, []), (74, []))
    assert [event for each in taken[1:] for event in each.events] == []
    assert target.counts["came-back-before-restored"] == 1


def test_an_outage_back_after_it_was_called_restored_is_reopened() -> None:
    target = feed()
    *_, last = play(target, (0, [row()]), (15, []), (45, []), (60, [row(**expected(at(120)))]))
    assert only(last, "outage.reopened") == dispatch.OutageReopened(
        mrid="bchydro-77", reopened_at=at(60), reason="listed again", ert=at(120)
    )
    assert kinds(last) == ["outage.reopened"]
    assert target.open_outages() == {"bchydro-77"}


def test_a_reopened_outage_can_be_restored_again_under_an_id_of_its_own() -> None:
    taken = play(feed(), (0, [row()]), (15, []), (45, []), (60, [row(dateOff=millis(at(50)))]), (75, []), (105, []))
    assert only(taken[3], "outage.reopened").reopened_at == at(50)
    restored = [event for each in taken for event in each.events if event.type == "supply.restored.v1"]
    assert len({event.id for event in restored}) == 2


# --- lists that say nothing

NOTHING = [
    ("", "list-empty-body"),
    (b"", "list-empty-body"),
    (" \n", "list-empty-body"),
    ('[{"id": 77, "munic', "list-not-json"),
    (b"\xff\xfe[]", "list-not-json"),
    ("<html>502 Bad Gateway</html>", "list-not-json"),
    ("[" * 100_000, "list-not-json"),
    ('"\ud800', "list-not-json"),
    ('{"error": "try later"}', "list-not-a-list"),
    ("null", "list-not-a-list"),
]


@pytest.mark.parametrize(("body", "reason"), NOTHING)
def test_a_bad_body_says_nothing_and_is_counted(body: str | bytes, reason: str) -> None:
    target = feed()
    taken = play(target, (0, [row()]), (15, body), (45, body), (60, body), (75, []))
    assert [event for each in taken[1:] for event in each.events] == []
    assert target.counts[reason] == 3


def test_a_zero_byte_file_between_two_good_lists_restores_nobody() -> None:
    five = [row(id=number) for number in range(5)]
    taken = play(feed(), (0, five), (40, ""), (80, five[:4]), (95, five[:4]))
    assert [event for each in taken[1:] for event in each.events] == []


def test_a_valid_empty_list_is_a_good_list() -> None:
    target = feed()
    *_, last = play(target, (0, [row()]), (15, []), (45, []))
    assert kinds(last) == ["supply.restored"]
    assert target.counts["list-good"] == 3


@pytest.mark.parametrize(
    "broken", [None, 3, [], {}, {"id": None}, {"id": True}, {"id": ""}, {"id": "a b"}, {"id": 1.5}]
)
def test_a_row_without_an_outage_proves_nobody_absent_but_the_other_rows_count(broken: object) -> None:
    target = feed()
    taken = play(target, (0, [row()]), (15, [broken]), (45, [broken, row(id=78)]), (75, [broken]))
    assert [kinds(each) for each in taken[1:]] == [[], ["outage.started", "fault.reported"], []]
    assert target.counts["row-unreadable"] == 3
    assert target.counts["list-partly-unreadable"] == 3


def test_of_two_rows_for_one_outage_the_later_update_holds() -> None:
    older, newer = row(numCustomersOut=5), row(numCustomersOut=9, lastUpdated=millis(at(-1)))
    for rows in ([older, newer], [newer, older]):
        (taken,) = play(feed(), (0, rows))
        assert only(taken, "outage.started").extent.customers_affected == 9
        assert taken.counts["row-duplicate"] == 1


def test_a_list_that_is_not_newer_says_nothing() -> None:
    _, same, older = play(feed(), (0, [row()]), (0, [row(id=1)]), (-15, [row(id=2)]))
    assert same.events == older.events == ()
    assert same.counts["list-not-newer"] == older.counts["list-not-newer"] == 1


def test_a_list_polled_in_no_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an offset"):
        feed().take(NOON.replace(tzinfo=None), "[]")


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


def test_a_value_that_turns_bad_leaves_what_was_known() -> None:
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


# --- stopping and going on


def test_a_state_of_another_feed_or_version_or_no_state_is_refused_with_what_to_do() -> None:
    good = json.loads(feed().dump())
    for wrong in ("{", json.dumps(good | {"version": 99}), json.dumps(good | {"source": "other"})):
        with pytest.raises(FeedStateError, match=r"import again|give the state"):
            SnapshotFeed.load(bchydro.SOURCE, wrong)
    assert SnapshotFeed.load(bchydro.SOURCE, json.dumps(good)).counts == {}


def test_an_outage_over_for_months_is_forgotten() -> None:
    target = feed()
    day = 24 * 60
    play(target, (0, [row()]), (15, []), (45, []), (89 * day, []))
    assert b"Kamloops" in target.dump()
    play(target, (91 * day, []))
    assert b"Kamloops" not in target.dump()


def test_a_list_that_writes_its_area_in_another_way_has_not_moved_it() -> None:
    later = row(municipality="KAMLOOPS\u200b ", lastUpdated=millis(at(4)))
    _, again, counted = play(feed(), (0, [row()]), (5, [later]), (10, [later | {"numCustomersOut": 40}]))
    assert "extent.changed" not in kinds(again)
    assert "extent.changed" in kinds(counted)
