"""Complaints on a real PostgreSQL: brought from their outage's log once, judged beside what is on its way, and shown."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    AnsweredWithin,
    CallsAnswered,
    ComplaintAnswered,
    ComplaintAnsweredV1,
    ComplaintReceived,
    ComplaintReceivedV1,
    OutageStarted,
)
from services.kernel.model import TIMER_FIRED, Message, TimerFired
from services.restorer.tables.complaint_words import ComplaintWords
from services.restorer.tables.hotline import renew_hours
from tests.kits.ctl import Ctl
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWER_5D = "cn.complaint.answer-5d"
Seen = dict[str, Any]


def complained(name: str = "C-7", ago: timedelta = HOUR, **more: Any) -> ComplaintReceivedV1:
    return ComplaintReceivedV1(mrid="F-1", complaint_id=name, received_at=NOW - ago, **more)


async def bring(room: Room, worker: int = 0) -> None:
    ingest = room.workers[worker]
    while await ComplaintWords(ingest, room.pool, room.clock, asyncio.Event()).step():
        pass


async def seen(room: Room, name: str = "C-7") -> Seen:
    shown = await room.pool.fetchval("select view from live where stream_id = $1", f"complaint/{name}")
    found: Seen = json.loads(shown)
    return found


async def due(room: Room, name: str) -> str:
    """The deadline of a complaint comes; the reason of what was decided."""
    stream = f"complaint/{name}"
    row = await room.pool.fetchrow("select name, due_at from timer where stream_id = $1 and name like '%/due'", stream)
    fired, at = TimerFired(name=row["name"], due_at=row["due_at"]), row["due_at"]
    message = Message("/test/timer", f"{name}/due", TIMER_FIRED, at, fired, name, 0, stream=stream)
    (outcome,) = await room.workers[0].submit([message])
    return outcome.reason


async def test_a_complaint_told_of_its_outage_is_counted_there_and_promised_an_answer_by_itself(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl
) -> None:
    room = restorer_room
    lines = Extent(lines=("10千伏城东线",))
    await room.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=NOW - 2 * HOUR, extent=lines))
    await room.say(complained(subject="抢修人员到达迟缓"))
    await bring(room)
    await bring(room, worker=1)
    assert (await room.view("F-1"))["complaints"] == {"received": 1, "answered": 0, "ids": ["C-7"]}
    view = await seen(room)
    assert (view["status"], view["aboutOutages"], view["promises"][0]["ruleId"]) == ("open", ["F-1"], ANSWER_5D)
    # The same complaint under its own id, and an answer by the first version: one complaint, one promise.
    await room.say(
        ComplaintReceived(complaint_id="C-7", received_at=NOW - HOUR, subject="抢修人员到达迟缓", outage="F-1")
    )
    await room.say(ComplaintAnsweredV1(mrid="F-1", complaint_id="C-7", answered_at=NOW, answered_by="Wang"))
    await bring(room)
    view = await seen(room)
    assert (view["status"], [one["state"] for one in view["promises"]]) == ("answered", ["kept"])
    made = await room.pool.fetch(
        "select topic, aggregateid, payload from outbox where type like 'promise.%' order by id"
    )
    told = [(row["topic"], row["aggregateid"]) for row in made if b"C-7" in row["payload"]]
    assert told == [("outage.restorations", "C-7")] * 2
    case = await room.pool.fetchrow("select mrid, standing from promise_case where stream_id = 'complaint/C-7'")
    assert tuple(case) == (None, "kept")

    monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
    monkeypatch.chdir(tmp_path)
    shown = (await ctl.said("show", "complaint", "C-7")).out
    assert "Complaint C-7" in shown
    assert ANSWER_5D in shown
    assert "aboutOutages: F-1" in shown
    assert "is answered by Wang" in shown
    assert "迟缓" not in shown
    of_outage = json.loads((await ctl.said("show", "outage", "F-1", "--json")).out)
    assert [one["stream"] for one in of_outage["streams"]] == ["outage/F-1", "complaint/C-7"]
    assert of_outage["complaints"] == {"received": 1, "answered": 1, "withdrawn": 0}, "however it was told"
    assert "complaints: received 1, answered 1, withdrawn 0" in (await ctl.said("show", "outage", "F-1")).out
    listed = json.loads((await ctl.said("promises", "--rule", ANSWER_5D, "--json")).out)
    assert (
        listed == [] or listed[0]["complaintId"] == "C-7"
    )  # the read model follows the log in a process of the service


async def test_of_complaints_told_before_the_upgrade_only_what_can_still_be_kept_is_promised(
    restorer_room: Room,
) -> None:
    room = restorer_room
    await room.say_all(complained("past", 8 * DAY), complained("open", 4 * DAY))
    room.clock.advance(HOUR)  # the version before ends, this one begins
    await bring(room)
    assert ((await seen(room, "past"))["status"], (await seen(room, "past"))["promises"]) == ("open", [])
    assert [one["state"] for one in (await seen(room, "open"))["promises"]] == ["open"]
    await room.say(complained("late", 8 * DAY))
    await bring(room)
    assert await due(room, "late") == "deadline-passed", "told late, since then"
    await room.say(ComplaintAnswered(complaint_id="past", answered_at=NOW))
    assert (await seen(room, "past"))["promises"] == []


async def test_an_answer_that_only_the_outages_log_has_is_not_beaten_by_the_deadline(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(complained("C-1", 2 * DAY), complained("C-2", 2 * DAY))
    await bring(room)
    await room.say(ComplaintAnsweredV1(mrid="F-1", complaint_id="C-1", answered_at=NOW - HOUR))
    assert await due(room, "C-1") == "heard-of-its-outage"
    assert await due(room, "C-2") == "deadline-passed"
    await bring(room)
    assert [one["state"] for one in (await seen(room, "C-1"))["promises"]] == ["kept"]
    await room.say(ComplaintAnswered(complaint_id="C-2", answered_at=NOW - HOUR))
    assert [one["state"] for one in (await seen(room, "C-2"))["promises"]] == ["kept"]


@pytest.mark.parametrize("step", ["complaint-words-chosen", "before-submit-commit", "complaint-words-brought"])
async def test_killed_anywhere_each_word_is_brought_once(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    room = restorer_room
    await room.say(complained())

    class Died(BaseException):
        pass

    def die(name: str) -> None:
        if name == step:
            raise Died

    for module in ("services.restorer.tables.complaint_words", "services.kernel.writing.ingest"):
        monkeypatch.setattr(f"{module}.reach", die)
    with pytest.raises(Died):
        await bring(room)
    monkeypatch.undo()
    await bring(room, worker=1)
    kinds = await room.pool.fetch("select type from event where stream_id = 'complaint/C-7' order by version")
    assert [row["type"] for row in kinds] == ["complaint.received.v2", "promise.made.v1"]


async def test_what_is_older_than_any_open_complaint_is_not_judged_afterwards(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(complained("old", 16 * DAY))
    room.clock.set(NOW + 16 * DAY)
    await room.say(complained("new", -16 * DAY + HOUR))
    await bring(room)
    rows = await room.pool.fetch("select stream_id from stream where starts_with(stream_id, 'complaint/')")
    assert [row["stream_id"] for row in rows] == ["complaint/new"]


async def test_calls_are_kept_by_the_hour_and_shown_by_the_month(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl
) -> None:
    room = restorer_room
    monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
    monkeypatch.chdir(tmp_path)
    month = f"{NOW + 8 * HOUR:%Y-%m}"
    none = json.loads((await ctl.said("show", "hotline", month, "--json")).out)
    assert [(one["measured"], one["share"]) for one in none["rules"]] == [(False, None)] * 3

    def calls(hour: datetime, **more: Any) -> CallsAnswered:
        soon = (AnsweredWithin(limit=12, unit="seconds", calls=90),)
        fields = {"calls": 100, "answered": 95, "abandoned": 5, "within": soon}
        return CallsAnswered(hotline="95598", hour=hour, **fields | more)

    whole = NOW.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    restated = calls(whole, revision=2, answered=94, within=(AnsweredWithin(limit=12, unit="seconds", calls=80),))
    outcomes = await room.say_all(restated, calls(whole), calls(whole - HOUR), calls(whole + 3 * HOUR))
    assert [one.reason for one in outcomes] == ["hour-counted", "older-revision", "hour-counted", "hour-not-over"]
    rows = await room.pool.fetch("select hour, revision, answered from hotline_hour order by hour")
    kept = [tuple(row) for row in rows]
    assert kept == [(whole - HOUR, 1, 95), (whole, 2, 94)]
    async with room.pool.acquire() as connection:
        await connection.execute("delete from hotline_hour")
        assert await renew_hours(connection) == 2
    assert [
        tuple(row) for row in await room.pool.fetch("select hour, revision, answered from hotline_hour order by hour")
    ] == kept
    told = json.loads((await ctl.said("show", "hotline", month, "--json")).out)
    (four,) = [one for one in told["rules"] if one["ruleId"] == "cn.hotline.4-rings-12s"]
    assert (four["calls"], four["within"], four["share"]) == (200, 170, 0.85)
    shown = (await ctl.said("show", "hotline", month)).out
    assert "85.0%" in shown
    assert shown.count("not measured") == 2
    assert "hour-not-over; send it again" in shown
