"""`outagectl rearm` on the restorer's real tables: a day off is announced, and the open deadline moves, on record."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from operations.system.database import enter
from outagectl.main import main
from schemas.contracts.dispatch import CauseCleared, Fact, FaultReported, OutageStarted
from schemas.contracts.registry import TYPE_OF
from services.kernel.clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from tests.kits.deciders.restorer import EAST
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.stack.databases import database

# Thursday the 5th of March 2026, 09:20 in Shanghai.
REPORTED = datetime(2026, 3, 5, 1, 20, tzinfo=UTC)
CLEARED = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
PROMISE = "F-1/cn.restore.one-working-day/1"
FRIDAY, MONDAY = "2026-03-06", "2026-03-09"


@pytest.fixture
async def connection(
    postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[asyncpg.Connection]:
    """The restorer's schema with one rural fault under way; the command line finds it."""
    monkeypatch.chdir(tmp_path)
    async with database(postgres, "restorer") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        pool = await asyncpg.create_pool(address, min_size=1, max_size=2, server_settings={"search_path": "restorer"})
        service = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))
        broker = PaperBroker(partitions=1)
        facts: list[Fact] = [
            FaultReported(mrid="F-1", reported_at=REPORTED, territory="rural"),
            OutageStarted(mrid="F-1", outage_class="fault", started_at=REPORTED, extent=EAST),
            CauseCleared(mrid="F-1", cleared_at=CLEARED),
        ]
        for number, fact in enumerate(facts):
            tell(broker, TYPE_OF[type(fact)], fact, id=str(number), at=CLEARED)
        ingest = Ingest(Transaction(service, pool, Telemetry("restorer")), broker, ManualClock(CLEARED))
        await ingest.take(broker.logs[("outage.dispatch", 0)])
        await pool.close()
        made = await asyncpg.connect(address)
        await enter(made, "restorer")
        try:
            yield made
        finally:
            await made.close()


def friday_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("calendar.toml").write_text("closures = [2026-03-06]\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", "calendar.toml")


async def ctl(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = await asyncio.to_thread(main, ["rearm", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


async def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code, said = await ctl(capsys, *words, "--service", "restorer", "--json")
    assert code == 0, said
    (one,) = json.loads(said)
    return one


async def open_due(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("select name from timer where name like '%one-working-day%/due' order by 1")
    return [row["name"] for row in rows]


async def test_a_day_off_moves_the_deadline_and_tells_from_when_to_when_and_why(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await open_due(connection) == [f"promise/{PROMISE}/due"]
    friday_is_off(monkeypatch)
    done = await answer(capsys, "--reason", "Friday is off")
    (moved,) = done["promises"]
    assert (moved["promiseId"], moved["reason"]) == (f"{PROMISE}.2", "calendar-changed")
    assert (moved["wasDueAt"][:10], moved["dueAt"][:10]) == (FRIDAY, MONDAY)
    assert await open_due(connection) == [f"promise/{PROMISE}.2/due"]
    topics = await connection.fetch("select type from outbox where type like 'promise.voided%'")
    assert len(topics) == 1


async def test_it_is_on_record_who_did_it_and_why_and_a_dry_run_is_not(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    friday_is_off(monkeypatch)
    shown = await answer(capsys, "--reason", "Friday is off", "--dry-run")
    assert await connection.fetchval("select count(*) from operator_request") == 0
    done = await answer(capsys, "--reason", "Friday is off")
    assert done == shown | {"dryRun": False}
    row = await connection.fetchrow(
        "select data->>'who' as who, data->>'action' as action, data->>'why' as why from event "
        "where type = 'operator.requested.v1' order by position"
    )
    assert row is not None
    assert tuple(row) == ("night shift", "rearm", "Friday is off")


async def test_called_again_it_says_that_it_looked_before(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    first = await answer(capsys, "--reason", "upgrade")
    assert (first["reviewed"], first["promises"], first["timers"]) == (1, [], [])
    again = await answer(capsys, "--reason", "upgrade")
    assert (again["reviewed"], again["reviewedBefore"], again["writtenByOthers"]) == (0, 1, 0)


async def test_for_people_it_names_the_promise_and_both_deadlines(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    friday_is_off(monkeypatch)
    code, said = await ctl(capsys, "--reason", "Friday is off", "--service", "restorer")
    assert code == 0
    assert "1 promise moved" in said
    assert f"{PROMISE}.2: 2026-03-0" in said
    assert "calendar-changed" in said


async def test_without_a_reason_nothing_is_done(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = await ctl(capsys, "--reason", "  ")
    assert code == 1
    assert "say what changed" in said


async def test_on_tables_of_an_older_version_it_says_to_migrate(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    await connection.execute("alter table live drop column written_by")
    code, said = await ctl(capsys, "--reason", "upgrade")
    assert code == 1
    assert "outagectl migrate" in said
