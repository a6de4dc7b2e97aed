"""`outagectl silence` on a real PostgreSQL: who heard nothing, since when, which of the three, and why."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.kits.ctl import Ctl
from tests.kits.stack.databases import as_role, database

LOOKED = datetime(2026, 3, 5, 2, tzinfo=UTC)


@pytest.fixture
async def owner(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    async with database(postgres, "all") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        yield address


async def seen(owner: str, *rows: tuple[str, str, str, str, int]) -> None:
    """The watch saw these: customer, rank, state, reason, minutes of silence."""
    connection = await asyncpg.connect(owner)
    await connection.execute("insert into restorer.silence_look (looked_at) values ($1)", LOOKED)
    for name, rank, state, reason, minutes in rows:
        await connection.execute(
            "insert into restorer.silence values ($1, $2, $3, $4, $5, array['F1'], $6, true)",
            *(name, rank, state, reason, LOOKED - timedelta(minutes=minutes), LOOKED),
        )
    await connection.execute(
        "insert into notifier.brake values ('critical', $1, 'chen', 'exercise')", LOOKED - timedelta(hours=1)
    )
    await connection.close()


async def test_before_the_watch_has_looked_it_says_so(owner: str, ctl: Ctl) -> None:
    code, out, err = await ctl.said("silence")
    assert code == 0, err
    assert "has not looked yet" in out
    assert "The public: counts as told when a notice is published" in " ".join(out.split())


async def test_the_forgotten_come_first_then_by_rank_and_whoever_need_hear_nothing_is_counted(
    owner: str, ctl: Ctl
) -> None:
    await seen(
        owner,
        ("shop", "second", "forgotten", "never-asked", 300),
        ("home", "life-support", "held", "unreached: no-contact-can-be-texted", 25),
        ("hospital", "special", "forgotten", "not-asked-since", 45),
        ("school", "first", "nothing-to-say", "as-noticed", 90),
    )
    code, out, err = await ctl.said("silence", "--utc")
    assert code == 0, err
    assert [out.index(name) for name in ("hospital", "shop", "home")] == sorted(
        out.index(name) for name in ("hospital", "shop", "home")
    )
    assert "no text was ever asked for" in out
    assert "school" not in out
    assert "1 customer more to whom there is nothing to say" in out
    code, out, _ = await ctl.said("silence", "--all", "--json")
    told = json.loads(out)
    assert (told["public"], len(told["customers"])) == ("no-board", 4)
    assert told["customers"][0] | {"since": None, "seenAt": None} == {
        "customerId": "hospital",
        "rank": "special",
        "state": "forgotten",
        "reason": "not-asked-since",
        "since": None,
        "mRIDs": ["F1"],
        "seenAt": None,
        "keeps": None,
    }


async def test_a_role_that_may_not_look_is_told_so(owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_notifier"))
    code, out, err = await ctl.said("silence")
    assert (code, out) == (5, "")
    assert "may not read restorer." in err


async def test_notices_that_the_public_cannot_read_stand_below(owner: str, ctl: Ctl) -> None:
    connection = await asyncpg.connect(owner)
    await connection.execute("insert into planner.public_counting (counted_by) values (array['board'])")
    await connection.execute(
        "insert into planner.public_cause values ('P-1/1', 'notice-not-shown', 'P-1', 'not-shown', $1, $2)",
        *(LOOKED - timedelta(hours=2), LOOKED + timedelta(days=365 * 100)),
    )
    await connection.close()
    out = " ".join((await ctl.said("silence", "--utc")).out.split())
    assert "The public: 1 notice not to be read as it should be on the public board." in out
    assert "P-1/1 is shown by nobody, since" in out
    told = await ctl.json("silence")
    assert (told["public"], told["countedBy"], told["notices"][0]["kind"]) == ("watched", ["board"], "notice-not-shown")
