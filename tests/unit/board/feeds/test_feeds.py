"""The feeds: valid by others' schemas, read by others' readers, and saying what the pages say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import feedparser
import icalendar
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.board.domain.points import point_digests
from services.board.domain.public import Board, PublicNotice, PublicPlaces
from services.board.feeds import cap, odin
from services.board.feeds.listing import PATH, SCHEMA_PATH
from services.board.feeds.telecom import OwnSites, SitesFile, SitesFileError, read_sites
from services.board.site import Site, render
from services.board.snapshot.form import OPERATORS, is_public
from tests.kits.board import UTILITY, at, evening, moved, notice, outage, version
from tests.kits.board.schemas import schema

ATOM = "{http://www.w3.org/2005/Atom}"
CAP = f"{{{cap.NAMESPACE}}}"


@pytest.fixture(scope="module")
def site() -> Site:
    return render(evening(), UTILITY)


def body(site: Site, path: str) -> bytes:
    return site.pages[path].body


def parsed(document: bytes) -> Element:
    return fromstring(document)  # noqa: S314 - our own bytes


def alert(site: Site, path: str) -> Element:
    return parsed(body(site, path))


def said(element: Element, name: str) -> str | None:
    return element.findtext(f"{CAP}{name}")


# By others' schemas


def test_every_alert_is_valid_by_the_schema_of_cap(site: Site) -> None:
    alerts = [path for path in site.pages if path.endswith(".cap")]
    assert len(alerts) == len(evening().notices) + len(evening().outages)
    for path in alerts:
        schema("cap").validate(body(site, path).decode())


def test_both_atom_feeds_are_valid_by_the_schema_of_atom(site: Site) -> None:
    for name in ("notices", "outages"):
        schema("atom").validate(body(site, f"/feeds/{name}.atom").decode())


def test_a_feed_of_nothing_is_valid_too() -> None:
    none = render(replace(evening(), outages=(), notices=()), UTILITY)
    schema("atom").validate(body(none, "/feeds/notices.atom").decode())
    assert json.loads(body(none, odin.PATH)) == {"results": []}


def test_the_listing_keeps_to_the_schema_that_stands_beside_it(site: Site) -> None:
    listed, its_schema = json.loads(body(site, PATH)), json.loads(body(site, SCHEMA_PATH))
    jsonschema.Draft202012Validator.check_schema(its_schema)
    jsonschema.validate(listed, its_schema)
    assert [one["mrid"] for one in listed["notices"]] == [one.mrid for one in evening().notices]
    assert "points" not in listed
    assert "salt" not in listed


# By others' readers


def test_a_foreign_reader_of_atom_understands_it(site: Site) -> None:
    read = feedparser.parse(body(site, "/feeds/notices.atom"))
    assert not read.bozo
    entry = {one.id.rpartition("/")[2]: one for one in read.entries}["DJ-P-0310"]
    assert "3月12日13:00至16:00" in entry.title
    assert entry.link == "https://outages.example.com/n/DJ-P-0310"
    assert entry.updated == "2026-03-02T03:00:00Z"


def test_an_entry_keeps_its_id_while_what_it_says_moves_on() -> None:
    first, later = render(evening(), UTILITY), evening()
    later = replace(later, notices=(replace(moved(), changed_at=at(5, 9)),))
    one = feedparser.parse(body(first, "/feeds/notices.atom")).entries
    two = feedparser.parse(body(render(later, UTILITY), "/feeds/notices.atom")).entries
    assert two[0].id in {entry.id for entry in one}
    assert two[0].updated == "2026-03-05T01:00:00Z"


def test_a_withdrawn_notice_stays_in_the_feed_for_two_days() -> None:
    gone = notice("DJ-P-0317", state="withdrawn", withdrawn_at=at(4, 15), changed_at=at(4, 15))

    def listed(now: datetime) -> int:
        site = render(replace(evening(), notices=(gone,), as_of=now), UTILITY)
        return len(feedparser.parse(body(site, "/feeds/notices.atom")).entries)

    assert (listed(at(6, 14)), listed(at(6, 16))) == (1, 0)


def test_a_foreign_calendar_shows_the_work_where_it_is_and_strikes_out_what_is_withdrawn(site: Site) -> None:
    calendar = icalendar.Calendar.from_ical(body(site, "/feeds/notices.ics").decode())
    events = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    shifted = events["DJ-P-0310@outages.example.com"]
    assert shifted.decoded("dtstart") == datetime(2026, 3, 12, 5, tzinfo=UTC)
    assert (shifted["sequence"], str(shifted["status"])) == (4, "CONFIRMED")
    gone = events["DJ-P-0317@outages.example.com"]
    assert (gone["sequence"], str(gone["status"])) == (3, "CANCELLED"), (
        "higher than that of what it cancels, lower than that of a second version"
    )
    assert str(calendar["method"]) == "PUBLISH"


def test_lines_of_a_calendar_are_folded_at_75_bytes(site: Site) -> None:
    assert max(len(line) for line in body(site, "/feeds/notices.ics").split(b"\r\n")) <= 75


def test_a_notice_alone_is_a_calendar_of_its_own(site: Site) -> None:
    calendar = icalendar.Calendar.from_ical(body(site, "/n/DJ-P-0310.ics").decode())
    assert len(calendar.walk("VEVENT")) == 1


# What an alert says


def test_a_notice_that_moved_updates_its_first_alert(site: Site) -> None:
    told = alert(site, "/n/DJ-P-0310.cap")
    assert (said(told, "msgType"), said(told, "identifier")) == ("Update", "DJ-P-0310.2")
    assert said(told, "references") == "outages.example.com,DJ-P-0310.1,2026-03-02T03:00:00+00:00"
    info = told.find(f"{CAP}info")
    assert info is not None
    assert (said(info, "urgency"), said(info, "responseType")) == ("Future", "Prepare")


def test_a_withdrawn_notice_cancels_all_its_alerts(site: Site) -> None:
    told = alert(site, "/n/DJ-P-0317.cap")
    assert said(told, "msgType") == "Cancel"
    assert said(told, "references") == "outages.example.com,DJ-P-0317.1,2026-03-02T03:00:00+00:00"


def test_an_alert_speaks_both_languages(site: Site) -> None:
    told = alert(site, "/o/DJ-F-0312.cap")
    assert [said(info, "language") for info in told.iter(f"{CAP}info")] == ["zh-CN", "en"]


def test_no_instant_of_an_alert_ends_in_z(site: Site) -> None:
    for name in ("sent", "onset", "expires"):
        for element in alert(site, "/n/DJ-P-0310.cap").iter(f"{CAP}{name}"):
            assert (element.text or "").endswith("+00:00"), "the schema knows only numeric offsets"


def test_an_outage_that_changes_refers_to_what_was_shown_of_it_before() -> None:
    board = replace(evening(), outages=(outage(),))
    first = render(board, UTILITY)
    assert said(alert(first, "/o/DJ-F-0312.cap"), "msgType") == "Alert"
    later = replace(board, outages=(outage(crew="on-the-way", changed_at=at(5, 9, 30)),))
    second = render(later, UTILITY, first)
    back = replace(board, outages=(outage(status="restored", restored_at=at(5, 11), changed_at=at(5, 11, 1)),))
    third = alert(render(back, UTILITY, Site(pages=second.pages)), "/o/DJ-F-0312.cap")
    assert said(third, "msgType") == "Update", "also where the renderer began anew in between, with the pages of before"
    assert (said(third, "references") or "").split() == [
        "outages.example.com,DJ-F-0312.20260305T091500,2026-03-05T01:15:00+00:00",
        "outages.example.com,DJ-F-0312.20260305T093000,2026-03-05T01:30:00+00:00",
    ]
    info = third.find(f"{CAP}info")
    assert info is not None
    assert (said(info, "urgency"), said(info, "responseType")) == ("Past", "AllClear")


def test_what_was_shown_before_and_cannot_be_read_is_no_reason_to_say_nothing() -> None:
    told = parsed(cap.outage_alert(outage(), UTILITY, [], b"<alert"))
    assert said(told, "msgType") == "Alert"


@given(st.text(min_size=1, max_size=60))
def test_whatever_a_place_is_called_every_feed_can_be_read(name: str) -> None:
    places = PublicPlaces(areas=(name,), lines=(name,), districts=(name,))
    board = replace(
        evening(),
        outages=(outage(places=places, cause=name),),
        notices=(notice("DJ-P-0310", version(mrid="DJ-P-0310", places=places, reason=name)),),
    )
    site = render(board, UTILITY)
    for path in ("/feeds/notices.atom", "/feeds/outages.atom", "/n/DJ-P-0310.cap", "/o/DJ-F-0312.cap"):
        parsed(body(site, path))
    assert len(icalendar.Calendar.from_ical(body(site, "/feeds/notices.ics").decode()).walk("VEVENT")) == 1
    json.loads(body(site, PATH))


# ODIN and telecom operators


def test_odin_has_the_estimated_time_as_a_string_of_json(site: Site) -> None:
    first = json.loads(body(site, odin.PATH))["results"][0]
    assert json.loads(first["estimatedrestorationtime"]) == {"ert": "2026-03-05T03:30:00Z"}
    assert first["metersaffected"] == 2_480
    assert first["statuskind"] == "VERIFIED"


def operated(*points: str) -> Board:
    salt = b"s" * 32
    held = {"DJ-F-0312": point_digests(points, salt), "DJ-P-0311": point_digests(("UP-2",), salt)}
    return replace(evening(), salt=salt, points=held)


def test_an_operator_reads_of_its_own_sites_by_its_own_names_and_nobody_else_does() -> None:
    east = OwnSites(sites={"UP-1": "site-1", "UP-2": "site-2", "UP-9": "site-9"})
    site = render(operated("UP-1", "UP-7"), UTILITY, sites=SitesFile(operator={"east": east}))
    path = f"{OPERATORS}east/outages.json"
    assert not is_public(path)
    assert json.loads(body(site, path))["outageAndRecoveryInfo"] == [
        {
            "energySupplyId": "site-1",
            "outageStartTime": "2026-03-05T01:12:00Z",
            "outageArea": ["中山路一带"],
            "expectedOutageEndTime": "2026-03-05T03:30:00Z",
        },
        {
            "energySupplyId": "site-2",
            "outageStartTime": "2026-03-11T00:00:00Z",
            "outageArea": ["工业大道一带"],
            "expectedOutageEndTime": "2026-03-11T09:00:00Z",
        },
    ]
    everything = b"".join(page.body for name, page in site.pages.items() if is_public(name))
    for private in (b"UP-1", b"site-1", b"UP-7"):
        assert private not in everything


def test_a_file_of_sites_is_read_and_a_wrong_one_says_where(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_text('[operator.east-mobile]\nsites = { "UP-1" = "site-1" }\n', encoding="utf-8")
    assert read_sites(path).operator["east-mobile"].sites == {"UP-1": "site-1"}
    path.write_text("[operator.east-mobile]\nsite = {}\n", encoding="utf-8")
    with pytest.raises(SitesFileError, match="site"):
        read_sites(path)
    with pytest.raises(SitesFileError, match="none"):
        read_sites(tmp_path / "none.toml")


def test_entries_come_newest_first_and_no_more_than_fifty() -> None:
    many = tuple(outage(f"O-{number}", changed_at=at(5, 9) + timedelta(seconds=number)) for number in range(80))
    read = feedparser.parse(body(render(replace(evening(), outages=many), UTILITY), "/feeds/outages.atom"))
    assert [entry.id.rpartition("/")[2] for entry in read.entries] == [f"O-{number}" for number in range(79, 29, -1)]


def test_a_guess_is_not_told_to_an_operator_as_an_outage() -> None:
    sites = SitesFile(operator={"east": OwnSites(sites={"UP-1": "site-1"})})
    for said in ({"status": "predicted"}, {"perhaps_back_since": at(5, 9)}):
        board = replace(operated("UP-1"), outages=(outage(**said),), notices=())
        site = render(board, UTILITY, sites=sites)
        assert json.loads(body(site, f"{OPERATORS}east/outages.json")) == {"outageAndRecoveryInfo": []}


def test_a_calendar_that_struck_out_a_notice_shows_it_again_when_it_stands_again() -> None:
    def sequence(one: PublicNotice) -> int:
        site = render(replace(evening(), notices=(one,)), UTILITY)
        (event,) = icalendar.Calendar.from_ical(body(site, "/n/DJ-P-0317.ics").decode()).walk("VEVENT")
        found: int = event["sequence"]
        return found

    first, second = version(1, "DJ-P-0317"), version(2, "DJ-P-0317", change="restored")
    gone = notice("DJ-P-0317", first, state="withdrawn", withdrawn_at=at(4, 15))
    assert sequence(notice("DJ-P-0317", first)) < sequence(gone) < sequence(notice("DJ-P-0317", first, second))


def test_a_next_word_that_is_past_is_promised_in_no_feed() -> None:
    waits = outage(expected_at=None, next_word_at=at(5, 10, 15), said_times=())
    first = render(replace(evening(), outages=(waits,)), UTILITY)
    later = render(replace(evening(), outages=(waits,), as_of=at(5, 10, 16)), UTILITY, first)
    assert b"10:15" in body(first, "/feeds/outages.atom")
    assert b"10:15" not in body(later, "/feeds/outages.atom")
