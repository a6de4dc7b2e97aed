"""`outagectl rearm` on the planner's real tables: a day off is announced; the notifier hears of it and moves its promise."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.base import Wire
from schemas.contracts.notices import NoticeDeadlineMoved
from services.kernel.adapters.migrate import migrate
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Message
from services.kernel.running.main import folders
from services.kernel.warp import WarpDriver
from services.kernel.writing.ingest import Ingest
from services.notifier.app import Notifier
from services.notifier.domain.wording.templates import UtilityVoice
from services.planner.app import Planner
from services.policy import load_policy, policy_path
from tests.kits.ctl import Ctl
from tests.kits.deciders.planner import CALENDAR, MRID, NOW, request
from tests.kits.stack.databases import database, pool_in, worker

KEY = "cn.planned.key-customers"
# Four working days before Thursday the 12th of March 2026; with Friday the 6th off, one day earlier.


@dataclass
class Utility:
    """A planner and a notifier, each with its own tables, and the settings that the command line reads."""

    pools: dict[str, asyncpg.Pool]
    workers: dict[str, Ingest]
    folder: Path

    async def tell(self, name: str, data: Wire) -> None:
        mrid: str = data.mrid  # type: ignore[attr-defined]
        type_ = TYPE_OF[type(data)]
        stream = f"outage/{mrid}"
        topic = "outage.notices" if type_.startswith("notice.") else None
        sender = f"/test/{name}"
        message = Message(sender, f"{type_}/{id(data)}", type_, NOW, data, mrid, 0, topic, stream=stream)
        await self.workers[name].submit([message])

    async def published(self, name: str, type_: str) -> list[Any]:
        rows = await self.pools[name].fetch("select data from event where type = $1 order by position", type_)
        return [msgspec.json.decode(row["data"], type=STRUCTS[type_]) for row in rows]

    async def timers(self, name: str) -> dict[str, Any]:
        return {row["name"]: row["due_at"] for row in await self.pools[name].fetch("select name, due_at from timer")}


@pytest.fixture
async def utility(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Utility]:
    text = policy_path("cn-service-standard").read_text(encoding="utf-8")
    rule = text.index(f'id = "{KEY}"')
    changed = (
        text[rule:]
        .replace("amount = 7", "amount = 4", 1)
        .replace('unit = "calendar-days"', 'unit = "working-days"\ncalendar = "utility"', 1)
    )
    policy = tmp_path / "working-days.toml"
    policy.write_text(text[:rule] + changed, encoding="utf-8")
    monkeypatch.setenv("OUTAGE_POLICY", str(policy))
    WarpDriver(tmp_path / "clock", NOW)  # stands still in March
    monkeypatch.setenv("OUTAGE_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("OUTAGE_LOCAL_STACK", "1")
    monkeypatch.delenv("OUTAGE_CALENDAR_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    async with contextlib.AsyncExitStack() as exits:
        dsn = await exits.enter_async_context(database(postgres))
        monkeypatch.setenv("OUTAGE_POSTGRES", dsn)
        voice = UtilityVoice("东江供电公司", "95598", ZoneInfo("Asia/Shanghai"), {})
        services = {"planner": Planner(load_policy(policy), CALENDAR), "notifier": Notifier(voice)}
        pools, workers = {}, {}
        for name, service in services.items():
            await migrate(dsn, name, folders(name))
            pools[name] = await pool_in(dsn, name, most=3)
            exits.push_async_callback(pools[name].close)
            workers[name] = await worker(service, pools[name], ManualClock(NOW))
        yield Utility(pools, workers, tmp_path)


async def rearm(ctl: Ctl, *words: str) -> dict[str, Any]:
    answer = await ctl.json("rearm", "--reason", "Friday is off", *words)
    return {one["service"]: one for one in answer}


async def test_a_day_off_moves_by_when_key_customers_must_know_and_the_notifier_keeps_the_new_day(
    utility: Utility, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    await utility.tell("planner", request())
    (notice,) = await utility.published("planner", "notice.published.v1")
    await utility.tell("notifier", notice)
    file = utility.folder / "calendar.toml"
    file.write_text("closures = [2026-03-06]\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", str(file))

    shown = await rearm(ctl, "--dry-run")
    assert await utility.published("planner", "notice.deadline-moved.v1") == []
    done = await rearm(ctl)
    assert done["planner"]["promises"] == shown["planner"]["promises"]
    (move,) = done["planner"]["promises"]
    assert (move["promiseId"], move["reason"]) == (f"{MRID}/1/{KEY}", "calendar-changed")
    assert (move["wasDueAt"][:10], move["dueAt"][:10]) == ("2026-03-05", "2026-03-04")
    assert done["notifier"]["promises"] == [], "it knows no calendar: it hears from the planner"

    (moved,) = await utility.published("planner", "notice.deadline-moved.v1")
    assert isinstance(moved, NoticeDeadlineMoved)
    waiting = await utility.pools["planner"].fetchval("select count(*) from outbox where type like '%deadline-moved%'")
    assert waiting == 1
    await utility.tell("notifier", moved)
    (voided,) = await utility.published("notifier", "promise.voided.v1")
    made = (await utility.published("notifier", "promise.made.v1"))[-1]
    assert (voided.promise_id, voided.reason) == (f"{MRID}/1/{KEY}", "calendar-changed")
    assert (made.promise_id, made.due_at) == (f"{MRID}/1/{KEY}.2", moved.inform_by)
    armed = await utility.timers("notifier")
    assert armed[f"informed-due/{made.promise_id}"] == moved.inform_by
    assert not any(name.endswith(f"/{KEY}") for name in armed)


async def test_asked_again_for_the_same_reason_nothing_moves_twice(
    utility: Utility, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    await utility.tell("planner", request())
    file = utility.folder / "calendar.toml"
    file.write_text("closures = [2026-03-06]\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", str(file))
    assert len((await rearm(ctl, "--service", "planner"))["planner"]["promises"]) == 1
    assert (await rearm(ctl, "--service", "planner"))["planner"]["promises"] == []
    assert len(await utility.published("planner", "notice.deadline-moved.v1")) == 1
