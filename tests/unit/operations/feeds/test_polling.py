"""A poller beside a real web server and a broker in memory: what it sends, how long it waits, what a person is told."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from connectors.feeds import bchydro
from operations.errors import Away, Refused
from operations.feeds.believing import leave_word, question_in
from operations.feeds.fetching import ListFetcher
from operations.feeds.kept import FeedFile
from operations.feeds.metrics import FeedTelemetry
from operations.feeds.polling import LONGEST, Poller
from schemas.cloudevent import CloudEvent
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.health import Health, HealthServer
from tests.kits.lists.polled import NOON, row
from tests.kits.lists.server import ListServer

MINUTES = timedelta(minutes=1)


class Broker:
    """Takes facts as Kafka does, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.taken: list[CloudEvent] = []

    async def publish(self, events: Sequence[CloudEvent]) -> None:
        if self.away:
            raise Away("Kafka does not answer")
        self.taken.extend(events)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.taken]


class Office:
    """A poller that can be ended and begun again, at any hour."""

    def __init__(self, server: ListServer, path: Path) -> None:
        self.server, self.path = server, path
        self.clock, self.broker = ManualClock(NOON), Broker()
        self.telemetry, self.health = FeedTelemetry(), Health(self.clock)
        self.fetcher = ListFetcher(server.url + "/list?key=geheim", self.clock)
        self.poller = self._begun()

    def _begun(self) -> Poller:
        self.file = FeedFile(self.path, bchydro.SOURCE)
        more = {"telemetry": self.telemetry, "health": self.health}
        return Poller(self.fetcher, self.file, self.broker.publish, self.clock, every=5 * MINUTES, **more)  # type: ignore[arg-type]

    def again(self) -> None:
        """The process ended, however, and another begins."""
        self.file.close()
        self.poller = self._begun()

    async def turn(self, minutes: float = 5) -> timedelta:
        self.clock.advance(minutes * MINUTES)
        return await self.poller.turn()

    def metric(self, name: str, **labels: str) -> float:
        return self.telemetry.registry.get_sample_value(f"outage_feed_{name}", labels) or 0.0


@pytest.fixture
async def office(server: ListServer, tmp_path: Path) -> Any:
    made = Office(server, tmp_path / "feed.json")
    async with made.fetcher:
        yield made
    made.file.close()


def rows(*numbers: int, **changes: Any) -> list[dict[str, Any]]:
    return [row(id=number, **changes) for number in numbers]


async def test_what_appears_changes_and_goes_is_sent_once(office: Office) -> None:
    office.server.says(rows(1, 2))
    assert await office.turn() == 5 * MINUTES
    assert office.broker.types == ["outage.started.v1", "fault.reported.v2"] * 2
    office.server.says(rows(1))
    for _ in range(7):
        await office.turn()
    assert office.broker.types[4:] == ["supply.perhaps-restored.v1", "supply.restored.v1"]
    assert office.metric("events_total") == 6
    assert office.metric("open_outages") == 1


async def test_the_same_list_again_changes_nothing(office: Office) -> None:
    office.server.says(rows(1))
    await office.turn()
    for _ in range(3):
        await office.turn()
    assert len(office.broker.taken) == 2


async def test_a_list_that_the_server_calls_unchanged_still_proves_who_is_gone(office: Office) -> None:
    office.server.tagged = True
    office.server.says(rows(1, 2))
    await office.turn()
    office.server.says(rows(1))
    for _ in range(7):
        await office.turn()
    assert len([asked for asked in office.server.asked if "If-None-Match" in asked]) == 7
    assert office.broker.types[4:] == ["supply.perhaps-restored.v1", "supply.restored.v1"]


async def test_a_restart_repeats_and_loses_no_fact(office: Office) -> None:
    office.server.says(rows(1))
    await office.turn()
    office.again()
    office.server.says(rows(1, 2))
    await office.turn()
    office.again()
    await office.turn()
    assert office.broker.types == ["outage.started.v1", "fault.reported.v2"] * 2
    assert len({event.id for event in office.broker.taken}) == 4


async def test_facts_that_kafka_did_not_take_go_out_first_and_under_the_same_ids(office: Office) -> None:
    office.server.says(rows(1))
    office.broker.away = True
    with capture_logs() as logs:
        assert await office.turn() == 5 * MINUTES
        assert await office.turn() == 10 * MINUTES
    assert [line["reason"] for line in logs if line["event"] == "poll failed"] == ["facts-not-sent"] * 2
    assert office.health.ready()[-1] == "kafka away: Kafka does not answer"
    waiting = [event.id for event in office.file.waiting]
    assert len(office.server.asked) == 1, "no further list is asked for before they are sent"
    office.broker.away = False
    office.again()
    await office.turn()
    assert [event.id for event in office.broker.taken] == waiting
    assert office.health.ready() == []


async def test_each_failure_in_a_row_doubles_the_pause_up_to_a_bound(office: Office) -> None:
    office.server.says(rows(1))
    await office.turn()
    office.server.says(b"", 500)
    pauses = [await office.turn() for _ in range(20)]
    assert pauses[:4] == [5 * MINUTES, 10 * MINUTES, 20 * MINUTES, LONGEST]
    assert max(pauses) == LONGEST
    assert "list away" in office.health.ready()[0]
    office.server.says(rows(1))
    assert await office.turn() == 5 * MINUTES
    assert office.health.ready() == []


async def test_a_server_that_says_wait_is_left_alone_so_long(office: Office) -> None:
    office.server.says(b"", 429, Retry_After="2400")
    assert await office.turn() == 40 * MINUTES
    assert office.metric("lists_total", outcome="wait") == 1


async def test_a_failed_poll_restores_nobody(office: Office) -> None:
    office.server.says(rows(1, 2))
    await office.turn()
    for document, status in (
        (b"", 200),
        (b"<html>mending</html>", 200),
        ({"error": 1}, 200),
        (b"", 500),
        ([{"x": 1}], 200),
    ):
        office.server.says(document, status)
        for _ in range(10):
            await office.turn()
    assert len(office.broker.taken) == 4
    assert office.metric("lists_total", outcome="list-not-json") == 10
    assert office.metric("rows_total", outcome="unreadable") == 10
    office.server.says(rows(1, 2))
    await office.turn()
    assert len(office.broker.taken) == 4


@pytest.mark.parametrize("document", [{"features": []}, [{"outageId": 5}]])
async def test_a_first_answer_that_is_another_utilitys_ends_it_with_what_to_look_at(
    office: Office, document: Any
) -> None:
    office.server.says(document)
    with pytest.raises(Refused, match=r"/list gave no list that bchydro can read .*--reader and --rows"):
        await office.turn()


async def test_a_source_that_is_being_mended_when_it_begins_is_waited_for(office: Office) -> None:
    office.server.says(b"<html>mending</html>")
    assert await office.turn() == 5 * MINUTES
    office.server.says(rows(1))
    await office.turn()
    assert len(office.broker.taken) == 2


async def test_an_empty_answer_after_a_full_one_is_an_alarm_and_tells_nobody(office: Office) -> None:
    office.server.says(rows(*range(1, 41)))
    await office.turn()
    office.server.says([])
    with capture_logs() as logs:
        for _ in range(20):
            await office.turn()
    assert "supply.restored.v1" not in office.broker.types
    (alarm,) = [line for line in logs if line["log_level"] == "error"]
    assert alarm["event"] == "list not believed"
    assert "names 0, the one before named 40" in alarm["why"]
    assert f"outagectl poll --believe --state {office.path}" in alarm["why"]
    assert office.metric("vanished_outages") == 40
    assert office.health.remarks == [alarm["why"]]
    assert office.metric("lists_total", outcome="list-not-believed") == 20


async def test_once_a_person_believes_it_the_next_list_acts_on_it(office: Office) -> None:
    office.server.says(rows(*range(1, 41)))
    await office.turn()
    office.server.says([])
    for _ in range(7):
        await office.turn()
    leave_word(office.path, question_in(office.path), "wei")
    with capture_logs() as logs:
        await office.turn()
    assert office.broker.types.count("supply.restored.v1") == 40
    assert [line["by"] for line in logs if line["event"] == "the list is believed"] == ["wei"]
    assert (office.metric("vanished_outages"), office.health.remarks) == (0, [])


async def test_a_word_that_the_reader_does_not_know_is_told_once_and_counted(office: Office) -> None:
    office.server.says(rows(1, 2, crewStatusDescription="Gone fishing"))
    with capture_logs() as logs:
        await office.turn()
        await office.turn()
    told = [(line["field"], line["word"]) for line in logs if line["event"] == "word not known"]
    assert told == [("crewStatusDescription", "Gone fishing")]
    assert office.metric("unknown_words_total", field="crewStatusDescription") == 4


async def test_a_row_that_nobody_can_read_must_not_keep_every_end_untold_in_silence(office: Office) -> None:
    office.server.says(rows(1, 2))
    await office.turn()
    office.server.says([*rows(1), {"id": None}])
    with capture_logs() as logs:
        for _ in range(20):
            await office.turn()
    assert "supply.restored.v1" not in office.broker.types
    (alarm,) = [line for line in logs if line["log_level"] == "error"]
    assert alarm["event"] == "no end can be told"
    assert "(id is missing)" in alarm["why"]
    assert office.health.remarks == [alarm["why"]]
    office.server.says(rows(1))
    for _ in range(7):
        await office.turn()
    assert (office.broker.types.count("supply.restored.v1"), office.health.remarks) == (1, [])


async def test_a_list_that_stands_still_for_half_a_day_is_doubted_aloud(office: Office) -> None:
    office.server.says(rows(1))
    with capture_logs() as logs:
        for _ in range(26):
            await office.turn(30)
        assert [line["why"] for line in logs if line["event"] == "list stands still"] == office.health.remarks
        assert "has not changed for 12 h" in office.health.remarks[0]
        office.server.says(rows(1, 2))
        await office.turn(30)
    assert office.health.remarks == []
    assert office.metric("changed_timestamp_seconds") == office.clock.now().timestamp()


async def test_a_list_that_stays_empty_is_a_quiet_time(office: Office) -> None:
    with capture_logs() as logs:
        for _ in range(50):
            await office.turn(30)
    assert "list stands still" not in [line["event"] for line in logs]


async def test_nothing_secret_of_the_address_reaches_the_log(office: Office) -> None:
    with capture_logs() as logs:
        office.server.says(rows(1))
        await office.turn()
        office.server.says(b"", 403)
        await office.turn()
    assert logs
    assert "geheim" not in str(logs)


async def test_its_figures_and_health_are_served(office: Office) -> None:
    office.server.says(rows(1))
    health = HealthServer(office.health, office.telemetry)
    await health.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{health.port}") as asking:
            async with asking.get("/healthz/ready") as answer:
                assert answer.status == 503
            await office.turn()
            async with asking.get("/healthz/ready") as answer:
                assert answer.status == 200
            async with asking.get("/metrics") as answer:
                page = await answer.text()
    finally:
        await health.stop()
    assert 'outage_feed_lists_total{outcome="list-good"} 1.0' in page
    assert "outage_feed_open_outages 1.0" in page


async def test_it_polls_until_it_is_told_to_end(office: Office) -> None:
    office.server.says(rows(1))
    stop = asyncio.Event()
    running = asyncio.create_task(office.poller.run(stop))
    async with asyncio.timeout(10):
        while not office.broker.taken:
            await asyncio.sleep(0.01)
        stop.set()
        await running
    assert len(office.server.asked) == 1
