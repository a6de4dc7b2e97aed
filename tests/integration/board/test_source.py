"""What a renderer reads by, on a real PostgreSQL: as its role, over a broken connection, and from the service's start."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted
from services.board.reading.source import PublishedViews
from services.board.rendering.ports import NothingRead
from services.board.settings import RendererSettings
from services.kernel.adapters.away import DATABASE
from tests.kits.deciders.planner import NOW
from tests.kits.stack.tables.board import BoardRoom, board_room


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[BoardRoom]:
    async with board_room(postgres, NOW) as made:
        yield made


def settings(address: str, folder: Path, role: str | None = "outage_board") -> RendererSettings:
    return RendererSettings(
        postgres=address, postgres_role=role, board_folder=folder, board_utility=folder / "board.toml"
    )


async def test_a_login_that_may_more_works_as_the_board_and_a_broken_connection_is_made_anew(
    room: BoardRoom, tmp_path: Path
) -> None:
    source = PublishedViews(settings(room.dsn, tmp_path), room.clock)
    with pytest.raises(NothingRead):
        await source.read()
    await room.stands(NOW)
    await room.happens(
        OutageStarted(mrid="F-1", outage_class="fault", started_at=NOW, extent=Extent(usage_points=("UP-1",)))
    )
    first = await source.read()
    assert [one.mrid for one in first.board.outages] == ["F-1"]
    assert (first.board.as_of, first.age) == (NOW, timedelta(0))
    who = await room.admin.fetch(
        "select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outage-board'"
    )
    assert len(who) == 1
    await asyncio.sleep(0.05)
    again = await source.read()
    assert again.board == first.board, "with the same salt, too"
    assert again.board.outages[0] is first.board.outages[0]
    await source.close()
    await source.close()


async def test_a_round_that_was_given_up_on_leaves_no_answer_for_the_next(room: BoardRoom, tmp_path: Path) -> None:
    await room.stands(NOW)
    source = PublishedViews(settings(room.dsn, tmp_path), room.clock)
    await source.read()
    await room.admin.execute("begin; lock table planner.standing in access exclusive mode")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await source.read()
    await room.admin.execute("rollback")
    assert (await source.read()).board.as_of == NOW
    await source.close()


async def test_two_renderers_hash_with_salts_of_their_own(room: BoardRoom, tmp_path: Path) -> None:
    await room.stands(NOW)
    one, other = (PublishedViews(settings(room.dsn, tmp_path), room.clock) for _ in range(2))
    assert (await one.read()).board.salt != (await other.read()).board.salt
    await one.close()
    await other.close()


async def test_a_database_that_is_not_there_is_away(tmp_path: Path, room: BoardRoom) -> None:
    source = PublishedViews(settings("postgresql://outage_board@127.0.0.1:1/outage", tmp_path), room.clock)
    with pytest.raises(DATABASE):
        await source.read()
    gone = asyncpg.InvalidCatalogNameError
    away = PublishedViews(settings(room.dsn.rpartition("/")[0] + "/none", tmp_path), room.clock)
    with pytest.raises((*DATABASE, gone)):
        await away.read()
