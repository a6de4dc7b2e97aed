"""`outagectl facts` on the restorer's real tables: what is held is listed, and a person's answer settles it, on record."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from operations.system.database import enter
from outagectl.main import main
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
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

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


@pytest.fixture
async def connection(
    postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[asyncpg.Connection]:
    """An outage (or `param`) since half past eleven, and local time with a Z behind it for its end."""
    monkeypatch.chdir(tmp_path)
    async with database(postgres, "restorer") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        pool = await asyncpg.create_pool(address, min_size=1, max_size=2, server_settings={"search_path": "restorer"})
        service = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))
        broker = PaperBroker(partitions=1)
        for number in range(getattr(request, "param", 1)):
            mrid, started = f"F-{number + 1}", NOON - timedelta(minutes=30)
            start = OutageStarted(mrid=mrid, outage_class="fault", started_at=started, extent=EAST)
            back = SupplyRestored(mrid=mrid, restored_at=NOON + timedelta(hours=8))
            tell(broker, "outage.started.v1", start, id=f"{2 * number + 1}", at=NOON)
            tell(broker, "supply.restored.v1", back, id=f"{2 * number + 2}", at=NOON)
        ingest = Ingest(Transaction(service, pool, Telemetry("restorer")), broker, ManualClock(NOON))
        await ingest.take(broker.logs[("outage.dispatch", 0)])
        await pool.close()
        made = await asyncpg.connect(address)
        await enter(made, "restorer")
        try:
            yield made
        finally:
            await made.close()


async def ctl(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = await asyncio.to_thread(main, ["facts", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


async def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    code, said = await ctl(capsys, "list", "--json")
    assert code == 0, said
    found: list[dict[str, Any]] = json.loads(said)
    return found


async def test_what_is_held_is_listed_with_its_question(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = await listed(capsys)
    assert (one["reason"], one["cause"]) == ("happened-in-the-future", "/dispatch/east/2")
    code, said = await ctl(capsys, "list")
    assert code == 0
    assert "local time with a Z" in said
    plan = await connection.fetch("explain select 1 from live where view -> 'questions' <> '[]'::jsonb")
    await connection.execute("set enable_seqscan = off")
    plan = await connection.fetch("explain select 1 from live where view -> 'questions' <> '[]'::jsonb")
    assert any("live_questions" in row[0] for row in plan)


async def test_an_accepted_fact_is_taken_and_it_stands_in_the_log_who_said_so(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = await listed(capsys)
    code, said = await ctl(capsys, "accept", one["questionId"], "--reason", "the relay's own clock")
    assert code == 0, said
    assert await listed(capsys) == []
    row = await connection.fetchrow("select data from event where type = 'fact.accepted.v1'")
    assert (json.loads(row["data"])["by"], json.loads(row["data"])["reason"]) == (
        "night shift",
        "the relay's own clock",
    )
    assert await connection.fetchval("select count(*) from event where type = 'restoration.confirmed.v1'") == 1
    assert await connection.fetchval("select count(*) from outbox where type = 'fact.accepted.v1'") == 1


async def test_a_refused_fact_is_let_go_and_a_second_answer_is_refused(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = await listed(capsys)
    code, said = await ctl(capsys, "refuse", one["questionId"], "--reason", "local time, mended since")
    assert code == 0, said
    assert await connection.fetchval("select count(*) from event where type = 'restoration.confirmed.v1'") == 0
    code, said = await ctl(capsys, "accept", one["questionId"], "--reason", "or is it")
    assert code != 0
    assert "no open question" in said


@pytest.mark.parametrize("connection", [2], indirect=True)
async def test_several_facts_at_once_ask_back_and_are_answered_only_with_yes_where_nobody_can_be_asked(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (one["questionId"] for one in await listed(capsys))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, said = await ctl(capsys, "refuse", first, second, "--reason", "local time")
    assert code == 1
    assert "2 facts are let go for good" in said
    assert "add --yes" in said
    assert len(await listed(capsys)) == 2
    code, said = await ctl(capsys, "refuse", first, "nobody", "--reason", "local time", "--yes")
    assert (code, "no open question begins nobody" in said) == (3, True), "all are found before any is answered"
    assert len(await listed(capsys)) == 2
    code, said = await ctl(capsys, "refuse", first, first, "--reason", "local time")
    assert code == 0, "one question named twice is one"
    code, said = await ctl(capsys, "accept", second, first, "--reason", "so it is", "--yes")
    assert (code, len(await listed(capsys))) == (3, 1)


@pytest.mark.parametrize("connection", [2], indirect=True)
async def test_several_facts_are_answered_one_by_one_each_on_record(
    connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [one["questionId"] for one in await listed(capsys)]
    code, said = await ctl(capsys, "accept", *names, "--reason", "the relay's own clock", "--yes", "--json")
    assert code == 0, said
    assert [(one["questionId"], one["reason"]) for one in json.loads(said)] == [
        (name, "fact-accepted") for name in names
    ]
    assert await listed(capsys) == []
    assert await connection.fetchval("select count(*) from event where type = 'operator.done.v1'") == 2
