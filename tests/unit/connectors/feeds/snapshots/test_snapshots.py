"""Polled lists become dispatch events, and nothing is called restored because a list was bad."""

import json
from datetime import timedelta

import pytest

from connectors.feeds import bchydro
from connectors.feeds.snapshots import FeedStateError, SnapshotFeed
from schemas.contracts import dispatch
from tests.kits.lists.polled import NOON, START, at, expected, feed, kinds, millis, only, play, row, valid

# --- gone, and back


def test_missing_from_one_list_it_is_perhaps_restored_and_no_more() -> None:
    taken = play(feed(), (0, [row()]), (45, []))
    (event,) = taken[1].events
    assert event.data == dispatch.SupplyPerhapsRestored(mrid="bchydro-77", missing_at=at(45))
    assert valid(event)


def test_missing_twice_within_less_than_half_an_hour_it_is_perhaps_restored_once() -> None:
    taken = play(feed(), (0, [row()]), (15, []), (30, []), (44, []))
    assert [kinds(each) for each in taken[1:]] == [["supply.perhaps-restored"], [], []]


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


def test_an_outage_back_before_it_was_called_restored_is_listed_again_each_time() -> None:
    target = feed()
    taken = play(target, (0, [row()]), (15, []), (30, []), (44, [row()]), (59, []), (74, [row()]))
    perhaps, again = ["supply.perhaps-restored"], ["outage.listed-again"]
    assert [kinds(each) for each in taken[1:]] == [perhaps, [], again, perhaps, again]
    assert only(taken[3], "outage.listed-again") == dispatch.OutageListedAgain(mrid="bchydro-77", listed_at=at(44))
    assert only(taken[4], "supply.perhaps-restored").missing_at == at(59)
    assert target.counts["came-back-before-restored"] == 1


def test_what_changed_meanwhile_is_said_after_that_it_is_listed_again() -> None:
    *_, last = play(feed(), (0, [row()]), (15, []), (30, [row(**expected(at(120)), numCustomersOut=9)]))
    assert kinds(last) == ["outage.listed-again", "extent.changed", "ert.changed"]


def test_a_poller_stopped_between_absence_and_return_goes_on_where_it_was() -> None:
    target = feed()
    play(target, (0, [row()]), (15, []))
    again = SnapshotFeed.load(bchydro.SOURCE, target.dump())
    assert kinds(*play(again, (30, [row()]))) == ["outage.listed-again"]


def test_a_state_of_before_says_perhaps_at_the_next_list_that_lacks_the_outage() -> None:
    target = feed()
    play(target, (0, [row()]), (15, []))
    old = json.loads(target.dump())
    for gone in ("perhaps_since", "reopened_at", "fault_side"):
        del old["outages"]["77"][gone]
    again = SnapshotFeed.load(bchydro.SOURCE, json.dumps(old))
    (taken,) = play(again, (30, []))
    assert only(taken, "supply.perhaps-restored").missing_at == at(15)


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


def test_an_end_that_is_listed_still_is_none_of_an_outage_that_came_back_since() -> None:
    ended = row(crewEtr=millis(at(40)), showEtr=True, dateOn=millis(at(7)))
    *_, again, _, last = play(feed(), (0, [ended]), (15, []), (45, []), (60, [ended]), (75, []), (105, []))
    assert only(again, "outage.reopened").reopened_at == at(60)
    assert only(last, "supply.restored").restored_at == at(75)


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
    assert [kinds(each) for each in taken[1:]] == [[], [], [], ["supply.perhaps-restored"]]
    assert target.counts[reason] == 3


def test_a_zero_byte_file_between_two_good_lists_restores_nobody() -> None:
    five = [row(id=number) for number in range(5)]
    taken = play(feed(), (0, five), (40, ""), (80, five[:4]), (95, five[:4]))
    assert [kinds(each) for each in taken[1:]] == [[], ["supply.perhaps-restored"], []]


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
    assert target.counts["list-partly-unreadable"] == 1
    assert target.counts["list-no-row-readable"] == 2


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
