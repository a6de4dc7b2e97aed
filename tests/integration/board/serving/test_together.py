"""Renderer and front in one process on a real PostgreSQL: a fact that the services are told is read by the public."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from devstack.servers.ports import free_port
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted
from services.kernel.clock import SystemClock
from tests.kits.deciders.planner import NOW
from tests.kits.stack.tables.board import BoardRoom, board_room
from tests.kits.waiting import until

ROOT = Path(__file__).parents[4]
EAST = Extent(lines=("10千伏城东线",), areas=("中山路一带",), usage_points=("UP-1",), customers_affected=510)


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[BoardRoom]:
    async with board_room(postgres, NOW) as made:
        yield made


async def test_a_fact_is_read_by_the_public_and_what_a_dead_service_leaves_is_called_old(
    room: BoardRoom, tmp_path: Path
) -> None:
    await room.stands(SystemClock().now())
    port, health = free_port(), free_port()
    mine = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    given = {
        "OUTAGE_POSTGRES": room.dsn,
        "OUTAGE_BOARD_UTILITY": "devstack/conf/board.toml",
        "OUTAGE_BOARD_FOLDER": str(tmp_path / "snapshots"),
        "OUTAGE_BOARD_ROUND_SECONDS": "0.2",
        "OUTAGE_BOARD_PORT": str(port),
        "OUTAGE_BOARD_INNER_PORT": "0",
        "OUTAGE_HTTP_PORT": str(health),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.board"), cwd=ROOT, env=mine | given, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with aiohttp.ClientSession() as http:

            async def reads(path: str = "/", at: int = port) -> str:
                try:
                    async with http.get(f"http://127.0.0.1:{at}{path}") as answer:
                        return await answer.text()
                except aiohttp.ClientError:
                    return ""

            async def shows(words: str, path: str = "/") -> None:
                async def there() -> bool:
                    return words in await reads(path)

                await until(there, 30, f"{path} to show {words}")

            await shows("当前停电")
            assert 'role="status"' not in await reads()
            await room.happens(OutageStarted(mrid="F-1", outage_class="fault", started_at=NOW, extent=EAST))
            await room.stands(SystemClock().now())
            await shows("中山路一带")
            assert "F-1" in await reads("/off?q=中山路一带")
            async with http.post(f"http://127.0.0.1:{port}/off", data={"point": "UP-1"}) as answer:
                assert "F-1" in await answer.text()
            await room.admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outage-board'"
            )
            await room.happens(
                OutageStarted(mrid="F-2", outage_class="fault", started_at=NOW, extent=Extent(areas=("学府路",)))
            )
            await room.stands(SystemClock().now())
            await shows("学府路")
            assert 'outage_board_rounds_total{outcome="published"}' in await reads("/metrics", health)
            assert '"ok": true' in await reads("/healthz/ready", health)
            process.send_signal(signal.SIGTERM)
            _, said = await asyncio.wait_for(process.communicate(), 15)
            assert process.returncode == 0, said.decode()
            assert "Traceback" not in said.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
