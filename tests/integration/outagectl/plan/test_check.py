"""`outagectl plan check` beside a planner's real tables: the verdict is the one that the planner then gives."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Wire, encode
from schemas.contracts.dispatch import PlanBody
from services.kernel.writing.decisions import Outcome
from services.planner.app import Planner
from tests.kits.ctl import Ctl
from tests.kits.deciders.planner import (
    CALENDAR,
    LAWFUL,
    NOW,
    POLICY,
    SHORT,
    amend,
    at,
    request,
    restored,
    span,
    started,
)
from tests.kits.stack.tables.planner import MILL
from tests.kits.stack.tables.room import Room, room_of

NARROW = span("2026-03-12 10:00", "2026-03-12 15:00")


@dataclass
class Dispatcher:
    """One planner at work, and a dispatcher with the command line beside it."""

    room: Room
    folder: Path
    ctl: Ctl

    async def say(self, data: Wire, when: datetime = NOW) -> Outcome:
        """The planner hears this at that instant."""
        self.room.clock.set(when)
        return await self.room.say(data)

    async def ask(self, plan: PlanBody, when: str) -> dict[str, Any]:
        event = {
            "specversion": "1.0",
            "id": "1",
            "source": "/dispatch/east",
            "type": TYPE_OF[type(plan)],
            "time": "2026-03-02T09:00:00+08:00",
            "data": json.loads(encode(plan)),
        }
        file = self.folder / "plan.json"
        file.write_text(json.dumps(event, ensure_ascii=False), encoding="utf-8")
        said = await self.ctl.said("plan", "check", str(file), "--at", when, "--json")
        assert said.out, said.err
        answer: dict[str, Any] = json.loads(said.out)
        assert "offline" not in answer["checkedAgainst"]
        (one,) = answer["plans"]
        return dict(one)

    async def events(self) -> int:
        return int(await self.room.pool.fetchval("select count(*) from event"))


@pytest.fixture
async def desk(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl) -> AsyncIterator[Dispatcher]:
    async with room_of(postgres, "planner", lambda: Planner(POLICY, CALENDAR), NOW, workers=1) as room:
        monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        monkeypatch.chdir(tmp_path)
        yield Dispatcher(room, tmp_path, ctl)


async def test_an_amendment_inside_the_notice_in_force_is_found_lawful_as_the_planner_finds_it(
    desk: Dispatcher,
) -> None:
    await desk.say(request())
    narrowed = amend(2, NARROW)
    asked = await desk.ask(narrowed, "2026-03-10T09:00")
    assert (asked["accepted"], asked["follows"]) == (True, "narrowed")
    assert (await desk.say(narrowed, at("2026-03-10 09:00"))).reason == "narrowed"


async def test_asking_what_an_amendment_would_do_takes_nothing_down(desk: Dispatcher) -> None:
    await desk.say(request())
    before = await desk.events()
    asked = await desk.ask(amend(2, SHORT), "2026-03-02T10:00")
    assert (asked["accepted"], asked["follows"]) == (False, "refused-and-withdrawn")
    assert await desk.events() == before
    assert (await desk.say(amend(2, SHORT), at("2026-03-02 10:00"))).reason == "refused-and-withdrawn"


async def test_work_that_has_begun_is_known(desk: Dispatcher) -> None:
    await desk.say(request())
    await desk.say(started(), at("2026-03-12 08:00"))
    asked = await desk.ask(amend(2, span("2026-03-12 10:00", "2026-03-12 17:00")), "2026-03-12T08:30")
    assert asked["reasons"][0] == "already-started"
    await desk.say(restored("2026-03-12 16:00"), at("2026-03-12 16:01"))
    assert (await desk.ask(amend(2), "2026-03-12T16:30"))["reasons"][0] == "already-over"


async def test_as_of_an_earlier_moment_it_knows_no_more_than_was_known_then(desk: Dispatcher) -> None:
    await desk.say(request())
    await desk.say(amend(2, NARROW), at("2026-03-03 09:00"))
    assert (await desk.ask(amend(2, NARROW), "2026-03-02T12:00"))["follows"] == "narrowed"
    assert (await desk.ask(amend(2, NARROW), "2026-03-03T12:00"))["follows"] == "older-revision"


async def test_a_place_in_the_year_that_another_plan_holds_is_counted(desk: Dispatcher) -> None:
    await desk.say(request(mrid="P-1", extent=MILL, period=LAWFUL))
    asked = await desk.ask(request(mrid="P-2", extent=MILL, period=LAWFUL), "2026-03-02T09:00")
    assert asked["reasons"] == ["yearly-budget-used"]
    own = await desk.ask(amend(2, mrid="P-1", extent=MILL, period=NARROW), "2026-03-02T09:00")
    assert own["accepted"], "its own place is its own"
