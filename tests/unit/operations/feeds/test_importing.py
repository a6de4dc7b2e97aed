"""Kept lists into a system: all are read before anything is sent, and the same file twice says the same under the same ids."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds import bchydro, ssen
from operations.errors import Away, NotFound, Refused
from operations.feeds import importing
from operations.feeds.importing import BELIEVE_ALL, FeedImport, ListFile, check, import_lists
from operations.feeds.kept import FeedFile
from schemas.cloudevent import CloudEvent
from services.kernel.manual_clock import ManualClock
from tests.kits.lists.polled import NOON, at, row

LISTS: Sequence[tuple[float, Any]] = ((0, [row(), row(id=78)]), (15, [row()]), (30, ""), (45, [row()]))


def written(folder: Path, lists: Sequence[tuple[float, Any]] = LISTS) -> ListFile:
    path = folder / "lists.jsonl"
    lines = [json.dumps({"at": at(minutes).isoformat(), "body": body}) for minutes, body in lists]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return ListFile(path=path)


class Kafka:
    """Takes `room` facts at most."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.taken: list[CloudEvent] = []

    async def __call__(self, events: Sequence[CloudEvent]) -> None:
        self.taken += events[: self.room]
        self.room -= len(events)
        if self.room < 0:
            raise Away("Kafka took a part")


async def imported(file: ListFile, kafka: Kafka | None, kept: FeedFile | None = None) -> FeedImport:
    return await import_lists(file.lists(), kept or FeedFile(None, bchydro.SOURCE), kafka)


async def test_what_the_lists_say_is_sent_and_counted(tmp_path: Path) -> None:
    kafka = Kafka()
    done = await imported(written(tmp_path), kafka)
    gone = {"supply.perhaps-restored.v1": 1, "supply.restored.v1": 1}
    assert done.sent == done.facts == {"outage.started.v1": 2, "fault.reported.v2": 2, **gone}
    assert (done.lists, done.first, done.last) == (4, at(0), at(45))
    assert sum(done.sent.values()) == len(kafka.taken)


async def test_the_same_file_twice_says_the_same_under_the_same_ids(tmp_path: Path) -> None:
    first, second = Kafka(), Kafka()
    await imported(written(tmp_path), first)
    await imported(written(tmp_path), second)
    assert first.taken == second.taken


async def test_a_dry_run_counts_and_sends_nothing(tmp_path: Path) -> None:
    done = await imported(written(tmp_path), None)
    assert (sum(done.facts.values()), done.sent) == (6, {})


async def test_an_import_goes_on_with_its_state_and_a_poller_after_it(tmp_path: Path) -> None:
    state, kafka = tmp_path / "feed.json", Kafka()
    with FeedFile(state, bchydro.SOURCE) as kept:
        await imported(written(tmp_path, LISTS[:2]), kafka, kept)
    with FeedFile(state, bchydro.SOURCE) as kept:
        done = await imported(written(tmp_path), kafka, kept)
    assert done.sent == {"supply.restored.v1": 1}
    assert len({event.id for event in kafka.taken}) == len(kafka.taken) == 6


async def test_an_import_cut_off_by_kafka_sends_the_rest_under_the_same_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    state, whole, half = tmp_path / "feed.json", Kafka(), Kafka(room=3)
    await imported(written(tmp_path), whole)
    with FeedFile(state, bchydro.SOURCE) as kept, pytest.raises(Away):
        await imported(written(tmp_path), half, kept)
    half.room = 1_000_000
    with FeedFile(state, bchydro.SOURCE) as kept:
        await imported(written(tmp_path), half, kept)
    assert {event.id for event in half.taken} == {event.id for event in whole.taken}


async def test_lists_that_are_suddenly_empty_leave_a_question(tmp_path: Path) -> None:
    lists = [(0, [row(id=number) for number in range(9)]), (15, []), (60, [])]
    done = await imported(written(tmp_path, lists), Kafka())
    assert "supply.restored.v1" not in done.sent
    assert done.vanished is not None
    believed = await imported(written(tmp_path, lists), Kafka(), FeedFile(None, bchydro.SOURCE, settings=BELIEVE_ALL))
    assert (believed.sent["supply.restored.v1"], believed.vanished) == (9, None)


# --- what is refused before anything is sent

CLOCK = ManualClock(NOON + timedelta(hours=1))


def test_lists_of_these_days_are_taken(tmp_path: Path) -> None:
    check(written(tmp_path), bchydro.SOURCE, CLOCK)


def test_another_utilitys_file_is_refused_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"nothing in it can be read as a list of ssen .*Look at --reader and --rows"):
        check(written(tmp_path), ssen.SOURCE, CLOCK)


def test_a_file_that_is_not_there_or_no_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        check(ListFile(path=tmp_path / "none.jsonl"), bchydro.SOURCE, CLOCK)
    (tmp_path / "lists.jsonl").write_text("[]\n")
    with pytest.raises(Refused, match="no archived list at or after line 1"):
        check(ListFile(path=tmp_path / "lists.jsonl"), bchydro.SOURCE, CLOCK)


def test_a_span_without_lists_is_refused(tmp_path: Path) -> None:
    file = ListFile(path=written(tmp_path).path, since=at(600))
    with pytest.raises(Refused, match="no list in that span"):
        check(file, bchydro.SOURCE, CLOCK)


def test_lists_of_years_ago_are_not_sent_into_a_system_of_today(tmp_path: Path) -> None:
    """Every fact of them would be held, and somebody asked about it."""
    late = ManualClock(NOON + timedelta(days=8))
    with pytest.raises(Refused, match=r"facts of more than 7 days ago are held .*import bchydro"):
        check(written(tmp_path), bchydro.SOURCE, late)
    check(written(tmp_path), bchydro.SOURCE, late, any_time=True)


def test_lists_of_tomorrow_are_not_sent_today(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="still to come"):
        check(written(tmp_path), bchydro.SOURCE, ManualClock(NOON))
    check(ListFile(path=written(tmp_path).path, until=at(1)), bchydro.SOURCE, ManualClock(NOON))
