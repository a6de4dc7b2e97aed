"""Pods of the version before count as beside until none was seen for a minute of close looks; then nobody asks any more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.kernel.manual_clock import ManualClock
from services.notifier.sending.gates.older_pods import (
    GONE_SECONDS,
    LOOK_SECONDS,
    SESSION_BEFORE,
    UNSEEN_SECONDS,
    OlderPods,
)
from services.notifier.sending.gates.owner import SESSION
from tests.kits.deciders.notifier import at


@dataclass
class Tables:
    """What the database says; the statements are tried by tests/integration/notifier/sending/gates/test_older_pods.py."""

    beside: bool = False
    gone: bool = False
    asked: int = 0
    written: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Tables"]:
        yield self

    async def fetchrow(self, statement: str, session: str) -> dict[str, bool]:
        assert "pg_stat_activity" in statement
        assert session == SESSION_BEFORE
        self.asked += 1
        return {"beside": self.beside, "gone": self.gone}

    async def execute(self, statement: str, session: str) -> None:
        self.written.append(session)
        self.gone = True


@dataclass
class Watch:
    """One process that looks as time passes."""

    tables: Tables
    clock: ManualClock = field(default_factory=lambda: ManualClock(at(5, 9)))

    def __post_init__(self) -> None:
        self.older = OlderPods(self.tables, self.clock)  # type: ignore[arg-type]

    async def beside(self) -> bool:
        return await self.older.are_beside(self.tables)

    async def passes(self, seconds: float, *, looks: float = LOOK_SECONDS) -> None:
        ends = self.clock.monotonic() + seconds
        while self.clock.monotonic() < ends:
            self.clock.advance(timedelta(seconds=min(looks, ends - self.clock.monotonic())))
            await self.older.look()


def test_this_versions_own_session_is_not_one_of_theirs() -> None:
    assert len({SESSION, SESSION_BEFORE}) == 2


async def test_one_whose_session_is_away_as_a_process_first_looks_is_beside() -> None:
    watch = Watch(Tables(beside=False))
    assert await watch.beside()
    await watch.passes(GONE_SECONDS / 2)
    watch.tables.beside = True
    await watch.passes(LOOK_SECONDS)
    assert await watch.beside()
    watch.tables.beside = False
    await watch.passes(GONE_SECONDS - LOOK_SECONDS)
    assert await watch.beside(), "its minute began with the last time that it was seen"
    assert watch.tables.written == []


async def test_after_a_minute_without_any_it_is_written_down_and_nobody_asks_any_more() -> None:
    watch = Watch(Tables())
    await watch.passes(GONE_SECONDS)
    assert await watch.beside()
    await watch.passes(2 * LOOK_SECONDS)
    assert not await watch.beside()
    asked = watch.tables.asked
    await watch.passes(GONE_SECONDS)
    assert not await watch.beside()
    assert watch.tables.asked == asked
    assert watch.tables.written == [SESSION_BEFORE]


async def test_a_process_that_starts_when_they_are_known_to_be_gone_merges_at_once() -> None:
    watch = Watch(Tables(gone=True))
    assert not await watch.beside()
    await watch.passes(GONE_SECONDS)
    assert watch.tables.asked == 1


@pytest.mark.parametrize("frozen", [UNSEEN_SECONDS + 1, 10 * GONE_SECONDS])
async def test_a_process_that_did_not_look_for_a_while_has_seen_nothing_meanwhile(frozen: float) -> None:
    watch = Watch(Tables())
    await watch.passes(GONE_SECONDS - LOOK_SECONDS)
    await watch.passes(frozen, looks=frozen)
    assert await watch.beside()
    await watch.passes(GONE_SECONDS)
    assert await watch.beside()
    await watch.passes(2 * LOOK_SECONDS)
    assert not await watch.beside()


async def test_looks_as_texts_are_claimed_alone_write_nothing() -> None:
    watch = Watch(Tables())
    for _ in range(100):
        assert await watch.beside()
        watch.clock.advance(timedelta(seconds=1))
    assert watch.tables.written == []
