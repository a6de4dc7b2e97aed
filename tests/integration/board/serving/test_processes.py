"""A front as a process of its own: what it says at its start, and how it ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp

from devstack.servers.ports import free_port
from services.board.rendering.inner import InnerServer
from services.board.rendering.rounds import Renderer
from services.board.snapshot.store import SnapshotStore
from services.kernel.clock import SystemClock
from tests.kits.board.truths import Pages, Truth
from tests.kits.waiting import until

ROOT = Path(__file__).parents[4]


async def begin(**settings: str) -> asyncio.subprocess.Process:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    given = {f"OUTAGE_{name.upper()}": value for name, value in settings.items()}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.board", "--front"),
        cwd=ROOT,
        env=mine | given,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_front_serves_what_a_renderer_elsewhere_makes_and_ends_within_seconds_when_told_to(
    tmp_path: Path,
) -> None:
    clock = SystemClock()
    store = SnapshotStore(tmp_path / "renderer")
    renderer, inner = Renderer(Truth(clock), Pages(), store, clock), InnerServer(store, clock, "127.0.0.1", 0)
    await inner.start()
    await renderer.round()
    port, health = free_port(), free_port()
    process = await begin(
        board_port=str(port),
        board_utility="devstack/conf/board.toml",
        board_renderer=f"http://127.0.0.1:{inner.port}",
        board_copy=str(tmp_path / "copy"),
        http_port=str(health),
    )
    try:
        async with aiohttp.ClientSession() as http:

            async def ready() -> bool:
                try:
                    async with http.get(f"http://127.0.0.1:{health}/healthz/ready") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await until(ready, 30, "the front to be ready")
            async with http.get(f"http://127.0.0.1:{port}/", headers={"Accept-Encoding": "gzip"}) as answer:
                assert "5处停电" in await answer.text()
                assert answer.headers["Content-Encoding"] == "gzip"
            async with http.get(f"http://127.0.0.1:{health}/metrics") as answer:
                assert 'outage_board_looks_total{outcome="taken"} 1.0' in await answer.text()
            process.send_signal(signal.SIGTERM)
            _, said = await asyncio.wait_for(process.communicate(), 10)
            assert process.returncode == 0
            assert b"Traceback" not in said
            assert b"Unclosed" not in said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await inner.stop()


async def test_a_front_without_its_settings_says_which_and_does_not_start() -> None:
    process = await begin()
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 78
    assert [line.split(" ")[0] for line in said.decode().splitlines()] == [
        "OUTAGE_BOARD_UTILITY",
        "OUTAGE_BOARD_RENDERER",
    ]


async def test_a_front_whose_utility_has_no_file_says_so_and_does_not_start() -> None:
    process = await begin(board_utility="nowhere.toml", board_renderer="http://127.0.0.1:1")
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 78
    assert b"nowhere.toml: No such file or directory" in said
