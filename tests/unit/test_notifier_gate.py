"""A pause that comes while the gate is shut anyway: what was sent in it is waited for, too."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from prometheus_client import CollectorRegistry

from services.kernel.clock import SystemClock
from services.kernel.fence import Place
from services.notifier.gate import FROZEN_SECONDS, Gate

DISPATCH, AUDIENCE = ("outage.dispatch", 0), ("outage.audience", 0)


class Desk:
    """Broker and fences on paper. What was sent in a pause raises `end` when the process has woken from it."""

    def __init__(self) -> None:
        self.end, self.read = 1, 0
        self.asked = 0

    async def partitions(self, topics: Collection[str]) -> Sequence[Place]:
        return [place for place in (DISPATCH, AUDIENCE) if place[0] in topics]

    async def ends(self, places: Collection[Place]) -> Mapping[Place, int]:
        self.asked += 1
        return {place: self.end if place == DISPATCH else 0 for place in places}

    async def fetch(self, sql: str, *_: Any) -> list[dict[str, Any]]:
        return (
            [{"topic": "outage.dispatch", "partition": 0, "next_offset": self.read}] if "consumer_offset" in sql else []
        )

    async def fetchval(self, *_: Any) -> int:
        return 0


async def test_a_second_freeze_while_it_is_shut_for_the_first_counts_as_a_pause_of_its_own() -> None:
    desk = Desk()
    gate = Gate(
        cast("Any", desk), desk, {"outage.dispatch"}, {"outage.audience"}, SystemClock(), int, CollectorRegistry()
    )
    gate.shut("process-was-frozen")
    opening = asyncio.create_task(gate._open_again())
    while not desk.asked:
        await asyncio.sleep(0.01)
    desk.end = 2
    gate._beat -= FROZEN_SECONDS + 0.1
    desk.read = 1
    async with asyncio.timeout(5):
        await opening
    assert not gate.is_open, "what was sent in the second freeze is not read"
    desk.read = 2
    async with asyncio.timeout(5):
        await gate._open_again()
    assert gate.is_open
