"""A notice that nobody shows, that is shown in other words, or that cannot be read, is work for people, and counts."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.planner.app import Planner
from services.planner.tables.public_reading import PublicSilence
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.planner import CALENDAR, MRID, NOW, amend, cancel, request, span
from tests.kits.public.reading import DUE, FIGURES, counting
from tests.kits.stack.tables.room import Room, room_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def room(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async with room_of(postgres, "planner", lambda: Planner(counting("board"), CALENDAR), NOW, workers=1) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


async def shows(room: Room, at: datetime, words: str | None = None) -> str:
    """The board read the notice in force then, a moment before it says so."""
    room.clock.set(at)
    notice = (await room.view(MRID))["notice"]
    digest = (await room.view(MRID))["public"]["digest"]
    fact = NoticeShown(
        mrid=MRID,
        notice_id=notice["noticeId"],
        version=notice["version"],
        channel="board",
        digest=words or digest,
        shown_at=at,
    )
    return (await room.say(fact)).reason


async def tasks(room: Room, ctl: Ctl) -> dict[str, str]:
    """What people have to do, by kind, with the reason; tasks have caught up."""
    worker = TaskWorker(room.workers[0], room.pool, room.clock)
    while await worker.once():
        pass
    return {one["kind"]: one["reason"] for one in await ctl.json("task", "list")}


async def counted(room: Room) -> dict[str, float]:
    """What the metric says."""
    registry = CollectorRegistry()
    await PublicSilence(room.pool, room.clock, FIGURES, registry).once()
    (metric,) = (one for one in registry.collect() if one.name == "outage_public_silence_notices")
    return {one.labels["kind"]: one.value for one in metric.samples if one.value}


async def test_a_notice_that_nobody_shows_is_a_task_and_counts_until_somebody_does(room: Room, ctl: Ctl) -> None:
    assert (await room.say(request())).reason == "published"
    assert (await tasks(room, ctl), await counted(room)) == ({}, {})
    room.clock.set(NOW + 31 * MINUTE)
    assert await tasks(room, ctl) == {"notice-not-shown": "not-shown"}
    assert await counted(room) == {"notice-not-shown": 1}
    assert await shows(room, NOW + 32 * MINUTE) == "shown-in-time"
    assert (await tasks(room, ctl), await counted(room)) == ({}, {})


async def test_other_words_and_hours_without_a_page_are_tasks_of_their_own(room: Room, ctl: Ctl) -> None:
    await room.say(request())
    await shows(room, NOW + MINUTE)
    assert await shows(room, NOW + 2 * MINUTE, words="f" * 64) == "shown-other-words"
    assert (await tasks(room, ctl))["notice-shown-otherwise"] == "shown-other-words"
    await shows(room, NOW + 3 * MINUTE)
    assert "notice-shown-otherwise" not in await tasks(room, ctl)
    at = DUE - HOUR
    while at < DUE + 5 * HOUR:
        await shows(room, at)
        at += HOUR
    assert "notice-not-readable" not in await tasks(room, ctl)
    gone = NoticeUnreadable(
        mrid=MRID,
        notice_id=f"{MRID}/1",
        channel="board",
        since=DUE + HOUR,
        until=DUE + 2 * HOUR + MINUTE,
        reason="http-503",
    )
    assert (await room.say(gone)).reason == "notice-unreadable"
    assert (await tasks(room, ctl))["notice-not-readable"] == "not-readable"


async def test_a_notice_that_is_changed_or_taken_down_asks_for_the_new_one_or_nothing(room: Room, ctl: Ctl) -> None:
    await room.say(request())
    room.clock.set(NOW + 31 * MINUTE)
    await room.say(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")))
    assert await tasks(room, ctl) == {}
    rows = await room.pool.fetch("select notice_id, kind, since from public_cause")
    assert [tuple(row) for row in rows] == [(f"{MRID}/2", "notice-not-shown", NOW + 61 * MINUTE)]
    await room.say(cancel(3))
    assert await room.pool.fetchval("select count(*) from public_cause") == 0


async def test_the_tables_say_by_what_the_public_counts_as_told_and_forget_what_is_over(room: Room) -> None:
    await room.say(request())
    room.clock.set(DUE + 30 * 24 * HOUR)
    await counted(room)
    assert await room.pool.fetchval("select counted_by from public_counting") == ["board"]
    assert await room.pool.fetchval("select count(*) from public_cause") == 0
