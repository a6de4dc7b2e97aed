"""`outagectl rearm` on the restorer's real tables: a day off is announced, and the open deadline moves, on record."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from schemas.contracts.dispatch import CauseCleared, Fact, FaultReported, OutageStarted
from tests.kits.ctl import Ctl
from tests.kits.deciders.restorer import EAST
from tests.kits.stack.tables.restorer import restorer_told

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
    facts: list[Fact] = [
        FaultReported(mrid="F-1", reported_at=REPORTED, territory="rural"),
        OutageStarted(mrid="F-1", outage_class="fault", started_at=REPORTED, extent=EAST),
        CauseCleared(mrid="F-1", cleared_at=CLEARED),
    ]
    async with restorer_told(postgres, monkeypatch, tmp_path, facts, CLEARED) as made:
        yield made


def friday_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("calendar.toml").write_text("closures = [2026-03-06]\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", "calendar.toml")


@pytest.fixture
def rearm(ctl: Ctl) -> Ctl:
    return ctl.of("rearm")


async def answer(rearm: Ctl, *words: str) -> Any:
    (one,) = await rearm.json(*words, "--service", "restorer")
    return one


async def open_due(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("select name from timer where name like '%one-working-day%/due' order by 1")
    return [row["name"] for row in rows]


async def test_a_day_off_moves_the_deadline_and_tells_from_when_to_when_and_why(
    connection: asyncpg.Connection, rearm: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await open_due(connection) == [f"promise/{PROMISE}/due"]
    friday_is_off(monkeypatch)
    done = await answer(rearm, "--reason", "Friday is off")
    (moved,) = done["promises"]
    assert (moved["promiseId"], moved["reason"]) == (f"{PROMISE}.2", "calendar-changed")
    assert (moved["wasDueAt"][:10], moved["dueAt"][:10]) == (FRIDAY, MONDAY)
    assert await open_due(connection) == [f"promise/{PROMISE}.2/due"]
    topics = await connection.fetch("select type from outbox where type like 'promise.voided%'")
    assert len(topics) == 1


async def test_it_is_on_record_who_did_it_and_why_and_a_dry_run_is_not(
    connection: asyncpg.Connection, rearm: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    friday_is_off(monkeypatch)
    shown = await answer(rearm, "--reason", "Friday is off", "--dry-run")
    assert await connection.fetchval("select count(*) from operator_request") == 0
    done = await answer(rearm, "--reason", "Friday is off")
    assert done == shown | {"dryRun": False}
    row = await connection.fetchrow(
        "select data->>'who' as who, data->>'action' as action, data->>'why' as why from event "
        "where type = 'operator.requested.v1' order by position"
    )
    assert row is not None
    assert tuple(row) == ("night shift", "rearm", "Friday is off")


async def test_called_again_it_says_that_it_looked_before(connection: asyncpg.Connection, rearm: Ctl) -> None:
    first = await answer(rearm, "--reason", "upgrade")
    assert (first["reviewed"], first["promises"], first["timers"]) == (1, [], [])
    again = await answer(rearm, "--reason", "upgrade")
    assert (again["reviewed"], again["reviewedBefore"], again["writtenByOthers"]) == (0, 1, 0)


async def test_for_people_it_names_the_promise_and_both_deadlines(
    connection: asyncpg.Connection, rearm: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    friday_is_off(monkeypatch)
    code, said = await rearm.run("--reason", "Friday is off", "--service", "restorer")
    assert code == 0
    assert "1 promise moved" in said
    assert f"{PROMISE}.2: 2026-03-0" in said
    assert "calendar-changed" in said


async def test_without_a_reason_nothing_is_done(connection: asyncpg.Connection, rearm: Ctl) -> None:
    code, said = await rearm.run("--reason", "  ")
    assert code == 1
    assert "say what changed" in said


async def test_on_tables_of_an_older_version_it_says_to_migrate(connection: asyncpg.Connection, rearm: Ctl) -> None:
    await connection.execute("alter table live drop column written_by")
    code, said = await rearm.run("--reason", "upgrade")
    assert code == 1
    assert "outagectl migrate" in said
