"""`outagectl facts` on the restorer's real tables: what is held is listed, and a person's answer settles it, on record."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from schemas.contracts.dispatch import Fact, OutageStarted, SupplyRestored
from tests.kits.ctl import Ctl
from tests.kits.deciders.restorer import EAST
from tests.kits.stack.tables.restorer import restorer_told

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


@pytest.fixture
async def connection(
    postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[asyncpg.Connection]:
    """An outage (or `param`) since half past eleven, and local time with a Z behind it for its end."""
    facts: list[Fact] = []
    for number in range(getattr(request, "param", 1)):
        mrid, started = f"F-{number + 1}", NOON - timedelta(minutes=30)
        facts += [
            OutageStarted(mrid=mrid, outage_class="fault", started_at=started, extent=EAST),
            SupplyRestored(mrid=mrid, restored_at=NOON + timedelta(hours=8)),
        ]
    async with restorer_told(postgres, monkeypatch, tmp_path, facts, NOON) as made:
        yield made


@pytest.fixture
def facts(ctl: Ctl) -> Ctl:
    return ctl.of("facts")


async def test_what_is_held_is_listed_with_its_question(connection: asyncpg.Connection, facts: Ctl) -> None:
    (one,) = await facts.json("list")
    assert (one["reason"], one["cause"]) == ("happened-in-the-future", "/dispatch/east/2")
    code, said = await facts.run("list")
    assert code == 0
    assert "local time with a Z" in said
    plan = await connection.fetch("explain select 1 from live where view -> 'questions' <> '[]'::jsonb")
    await connection.execute("set enable_seqscan = off")
    plan = await connection.fetch("explain select 1 from live where view -> 'questions' <> '[]'::jsonb")
    assert any("live_questions" in row[0] for row in plan)


async def test_an_accepted_fact_is_taken_and_it_stands_in_the_log_who_said_so(
    connection: asyncpg.Connection, facts: Ctl
) -> None:
    (one,) = await facts.json("list")
    code, said = await facts.run("accept", one["questionId"], "--reason", "the relay's own clock")
    assert code == 0, said
    assert await facts.json("list") == []
    row = await connection.fetchrow("select data from event where type = 'fact.accepted.v1'")
    assert (json.loads(row["data"])["by"], json.loads(row["data"])["reason"]) == (
        "night shift",
        "the relay's own clock",
    )
    assert await connection.fetchval("select count(*) from event where type = 'restoration.confirmed.v1'") == 1
    assert await connection.fetchval("select count(*) from outbox where type = 'fact.accepted.v1'") == 1


async def test_a_refused_fact_is_let_go_and_a_second_answer_is_refused(
    connection: asyncpg.Connection, facts: Ctl
) -> None:
    (one,) = await facts.json("list")
    code, said = await facts.run("refuse", one["questionId"], "--reason", "local time, mended since")
    assert code == 0, said
    assert await connection.fetchval("select count(*) from event where type = 'restoration.confirmed.v1'") == 0
    code, said = await facts.run("accept", one["questionId"], "--reason", "or is it")
    assert code != 0
    assert "no open question" in said


@pytest.mark.parametrize("connection", [2], indirect=True)
async def test_several_facts_at_once_ask_back_and_are_answered_only_with_yes_where_nobody_can_be_asked(
    connection: asyncpg.Connection, facts: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (one["questionId"] for one in await facts.json("list"))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, said = await facts.run("refuse", first, second, "--reason", "local time")
    assert code == 1
    assert "2 facts are let go for good" in said
    assert "add --yes" in said
    assert len(await facts.json("list")) == 2
    code, said = await facts.run("refuse", first, "nobody", "--reason", "local time", "--yes")
    assert (code, "no open question begins nobody" in said) == (3, True), "all are found before any is answered"
    assert len(await facts.json("list")) == 2
    code, said = await facts.run("refuse", first, first, "--reason", "local time")
    assert code == 0, "one question named twice is one"
    code, said = await facts.run("accept", second, first, "--reason", "so it is", "--yes")
    assert (code, len(await facts.json("list"))) == (3, 1)


@pytest.mark.parametrize("connection", [2], indirect=True)
async def test_several_facts_are_answered_one_by_one_each_on_record(connection: asyncpg.Connection, facts: Ctl) -> None:
    names = [one["questionId"] for one in await facts.json("list")]
    code, said = await facts.run("accept", *names, "--reason", "the relay's own clock", "--yes", "--json")
    assert code == 0, said
    assert [(one["questionId"], one["reason"]) for one in json.loads(said)] == [
        (name, "fact-accepted") for name in names
    ]
    assert await facts.json("list") == []
    assert await connection.fetchval("select count(*) from event where type = 'operator.done.v1'") == 2
