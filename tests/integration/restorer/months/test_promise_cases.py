"""Every promise as a row, on a real PostgreSQL: with the decision, in any order, and where an older version wrote none."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted, SupplyRestored
from schemas.contracts.promises import Promise, PromiseExplained
from services.restorer.domain.months.cases import FIRST_VERDICTS
from services.restorer.tables.months.figures import figures_of
from services.restorer.tables.months.promise_cases import HeardPromise, renew_cases, take
from tests.kits.promises import made as promised
from tests.kits.promises import said
from tests.kits.stack.tables.restorer import NOW, ZONE, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
LINE = Extent(lines=("east",))


async def rows(room: Room) -> list[dict[str, Any]]:
    found = await room.pool.fetch("select * from promise_case order by service, promise_id")
    return [{name: value for name, value in row.items() if name not in ("fresh", "stream_id")} for row in found]


async def a_fault_with_a_late_crew(room: Room) -> None:
    seen = NOW - timedelta(hours=3)
    await room.say_all(
        FaultReported(mrid="F", report_id="R-1", reported_at=seen, extent=LINE),
        OutageStarted(mrid="F", outage_class="fault", started_at=seen, extent=LINE),
    )
    await room.fires("F", "promise/F/cn.fault.crew-45min/1/due")
    arrived = seen + timedelta(minutes=40)
    await room.say(CrewStatus(mrid="F", crew_status="arrived", at=arrived))
    await room.say(SupplyRestored(mrid="F", restored_at=NOW - timedelta(hours=1)))


async def test_a_broken_promise_that_a_late_fact_corrects_is_one_row_that_says_both(restorer_room: Room) -> None:
    await a_fault_with_a_late_crew(restorer_room)
    (crew,) = [row for row in await rows(restorer_room) if row["rule_id"] == "cn.fault.crew-45min"]
    assert (crew["service"], crew["mrid"], crew["month"]) == ("restorer", "F", "2026-03")
    assert (crew["standing"], crew["corrected_from"], crew["reason"]) == ("kept", "broken", "done-in-time")
    assert crew["territories"] == ["urban"]
    assert await restorer_room.pool.fetchval("select stream_id from promise_case limit 1") == "outage/F"


async def test_at_an_upgrade_the_rows_follow_from_the_log_and_are_read_once(restorer_room: Room) -> None:
    await a_fault_with_a_late_crew(restorer_room)
    inline = await rows(restorer_room)
    async with restorer_room.pool.acquire() as connection:
        await connection.execute("delete from promise_case")
        assert await renew_cases(connection, ZONE) > 0
        assert await rows(restorer_room) == inline
        assert await renew_cases(connection, ZONE) == 0


@pytest.mark.parametrize("seed", range(3))
async def test_words_of_another_service_come_late_twice_and_backwards(restorer_room: Room, seed: int) -> None:
    life: list[Any] = [
        promised(),
        said("at-risk"),
        said("kept"),
        said("corrected", was="kept", now="broken"),
        said("corrected", was="broken", now="kept", reason="again"),
    ]
    about = {name: getattr(life[0], name) for name in ("promise_id", "mrid", "rule", "due_at")}
    life.append(PromiseExplained(**about, at=NOW, by="li", reason="the road was closed"))
    words = [HeardPromise("notifier", word, f"event-{number}") for number, word in enumerate(life)]
    async with restorer_room.pool.acquire() as connection:
        async with connection.transaction():
            await take(connection, ZONE, words)
        in_order = await rows(restorer_room)
        await connection.execute("delete from promise_case")
        jumbled = [*words, *words]
        random.Random(seed).shuffle(jumbled)
        for start in range(0, len(jumbled), 3):
            async with connection.transaction():
                await take(connection, ZONE, jumbled[start : start + 3])
    assert await rows(restorer_room) == in_order
    assert in_order[0]["standing"] == "kept"


@pytest.mark.parametrize("seed", range(3))
async def test_a_month_comes_to_the_same_in_whatever_order_its_words_are_heard(restorer_room: Room, seed: int) -> None:
    chance = random.Random(seed)
    told = [*lives_of_a_month(chance)]
    async with restorer_room.pool.acquire() as connection:
        async with connection.transaction():
            await take(connection, ZONE, told)
        in_order = await figures_of(connection, "2026-03")
        await connection.execute("delete from promise_case")
        jumbled = [*told, *chance.choices(told, k=len(told))]
        chance.shuffle(jumbled)
        for start in range(0, len(jumbled), 7):
            async with connection.transaction():
                await take(connection, ZONE, jumbled[start : start + 7])
        assert await figures_of(connection, "2026-03") == in_order
    last: dict[str, str] = {}
    for word in told:  # counted slowly, by the last word on each
        standing = getattr(word.said, "now", FIRST_VERDICTS.get(type(word.said)))
        last[word.said.promise_id] = standing or last.get(word.said.promise_id, "open")
    counted = Counter(last.values())
    (found,) = in_order.rules.values()
    assert (found.made, found.kept, found.broken) == (len(last), counted["kept"], counted["broken"])
    assert (found.voided, found.open) == (counted["voided"], counted["open"])


def lives_of_a_month(chance: random.Random) -> Iterator[HeardPromise]:
    """Thirty promises from their making to whatever stands in the end; each word an event of its own."""
    for number in range(30):
        name = f"F-{number}/cn.fault-done/1"
        life: list[Promise] = [promised(promise_id=name)]
        stands = "open"
        for _ in range(chance.randrange(5)):
            verdict = chance.choice(["kept", "broken", "voided"])
            if stands == "open":
                life.append(said(verdict, promise_id=name))
            elif verdict != stands:
                life.append(said("corrected", promise_id=name, was=stands, now=verdict))
            else:
                continue
            stands = verdict
        for place, word in enumerate(life):
            yield HeardPromise("planner", word, f"event-{number}-{place}")
