"""Outages that are one, on a real PostgreSQL: judged under one lock, handed on once however often the process dies."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, ErtChanged, OutageMerged, OutageStarted, SupplyRestored
from services.merging.handing_on import HandingOn
from services.restorer.tables.merged import WaitingMerges, select
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]


def minutes(count: float) -> Any:

    return NOW - timedelta(minutes=count)


def off(mrid: str, ago: float, *lines: str) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=minutes(ago), extent=Extent(lines=lines))


def same(mrid: str, into: str, ago: float = 30) -> OutageMerged:
    return OutageMerged(mrid=mrid, into=into, merged_at=minutes(ago))


def handing_on(room: Room, worker: int = 0) -> HandingOn:
    ingest = room.workers[worker]
    return HandingOn(ingest, room.pool, ingest._clock, asyncio.Event(), select)


async def hand_on(room: Room, worker: int = 0) -> None:
    while await handing_on(room, worker).step():
        pass


async def test_what_is_said_of_the_merged_one_reaches_the_other_once(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"), same("A", "B"))
    await room.say(CauseCleared(mrid="A", cleared_at=minutes(20)))
    await hand_on(room)
    await hand_on(room, worker=1)
    view = await room.view("B")
    assert sorted(view["remaining"]["lines"]) == ["east", "west"]
    assert view["causeClearedAt"] is not None
    assert [one["mRID"] for one in view["joined"]] == ["A"]
    count = "select count(*) from event where stream_id = 'outage/B' and type = 'cause.cleared.v1'"
    assert await room.pool.fetchval(count) == 1
    await room.say(SupplyRestored(mrid="A", restored_at=minutes(5)))
    await hand_on(room)
    assert (await room.view("B"))["status"] == "restored"
    assert (await room.view("A"))["status"] == "merged"
    kinds = await room.pool.fetch("select type from event where stream_id = 'outage/A' and type like 'restoration.%'")
    assert kinds == []
    off_now = await room.pool.fetch("select mrid, ended is null as off from off_outage order by mrid")
    assert [tuple(row) for row in off_now] == [("B", False)]


@pytest.mark.parametrize("step", ["merged-chosen", "before-submit-commit", "merged-handed-on"])
async def test_killed_anywhere_it_goes_on_where_the_log_stands(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"), same("A", "B"))
    await room.say(ErtChanged(mrid="A", changed_at=minutes(10), ert=minutes(-60)))

    class Died(BaseException):
        pass

    def die(name: str) -> None:
        if name == step:
            raise Died

    for module in ("services.merging.handing_on", "services.kernel.writing.ingest"):
        monkeypatch.setattr(f"{module}.reach", die)
    with pytest.raises(Died):
        await hand_on(room)
    monkeypatch.undo()
    await hand_on(room, worker=1)
    view = await room.view("B")
    assert sorted(view["remaining"]["lines"]) == ["east", "west"]
    assert view["ertChanges"] == 0
    assert view["ert"] is not None
    assert await room.pool.fetchval("select handed_on = version from merged_outage where mrid = 'A'")


async def test_of_a_ring_one_merge_stands_however_close_they_come(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"))
    outcomes = await asyncio.gather(room.say(same("A", "B"), worker=0), room.say(same("B", "A"), worker=1))
    reasons = sorted(outcome.reason for outcome in outcomes)
    assert reasons == ["merged-into-itself", "outage-merged"]
    assert await room.pool.fetchval("select count(*) from merged_outage") == 1


async def test_it_waits_for_the_other_and_is_looked_at_when_that_is_known(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(off("A", 60, "east"))
    assert (await room.say(same("A", "B"))).reason == "held-until-survivor-known"
    waiting = WaitingMerges(room.workers[1], room.pool, room.workers[1]._clock)
    await waiting.once()
    assert (await room.view("A"))["mergeWaitsFor"] == ["B"]
    await room.say(off("B", 50, "west"))
    await waiting.once()
    await waiting.once()
    await hand_on(room)
    assert (await room.view("A"))["mergedInto"] == "B"
    assert sorted((await room.view("B"))["remaining"]["lines"]) == ["east", "west"]
    assert await room.pool.fetchval("select count(*) from waiting_merge") == 0


async def test_the_row_follows_the_log_of_the_merged_one(restorer_room: Room) -> None:
    room = restorer_room
    await room.say_all(off("A", 60, "east"), off("B", 50, "west"))
    await room.say(same("A", "B"))
    row: asyncpg.Record = await room.pool.fetchrow("select into_mrid, version, handed_on from merged_outage")
    version = await room.pool.fetchval("select version from stream where stream_id = 'outage/A'")
    assert (row["into_mrid"], row["version"], row["handed_on"]) == ("B", version, 0)
