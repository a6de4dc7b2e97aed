"""What is measured, each a process of its own: bare Starlette with one answer in memory, and a renderer in a storm.

    python -m bench.board.served bare PORT FILE             FILE is the body
    python -m bench.board.served renderer PORT FOLDER N S   N open outages, another of them changed every S seconds

Of the renderer each round is a line on standard output: seconds taken, pages made anew.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta
from pathlib import Path

import uvicorn
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.board.rendering.inner import InnerServer
from services.board.rendering.ports import DatedBoard
from services.board.rendering.rounds import Renderer
from services.board.rendering.whole import WholeSite
from services.board.snapshot.store import SnapshotStore
from services.kernel.clock import SystemClock
from tests.kits.board import UTILITY, at, storm


def bare(port: int, body: bytes) -> None:
    """The least: one body, no header of ours."""

    async def answer(_request: Request) -> Response:
        return Response(body, media_type="text/html")

    app = Starlette(routes=[Route("/", answer)])
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, http="h11", ws="none", lifespan="off"
    )


class StormTruth:
    """So many open outages; at each read another one has another expected time."""

    def __init__(self, outages: int) -> None:
        self._board, self._turn = storm(outages, min(outages, 500)), 0

    async def read(self) -> DatedBoard:
        """See BoardSource."""
        self._turn += 1
        outages = list(self._board.outages)
        number = self._turn % len(outages)
        outages[number] = replace(outages[number], expected_at=at(5, 12) + timedelta(minutes=self._turn))
        self._board = replace(self._board, outages=tuple(outages), as_of=self._board.as_of + timedelta(seconds=10))
        return DatedBoard(self._board, timedelta(seconds=1))

    async def close(self) -> None:
        """See BoardSource."""


async def renderer(port: int, folder: Path, outages: int, seconds: float) -> None:
    """Rounds until killed."""
    clock, store = SystemClock(), SnapshotStore(folder)
    work = Renderer(StormTruth(outages), WholeSite(UTILITY), store, clock)
    inner = InnerServer(store, clock, "127.0.0.1", port)
    await inner.start()
    while True:
        began = time.perf_counter()
        outcome = await work.round()
        inner.look()
        print(f"{time.perf_counter() - began:.3f} {outcome}", flush=True)
        await asyncio.sleep(seconds)


def main() -> None:
    """See above."""
    what, port, *rest = sys.argv[1:]
    if what == "bare":
        bare(int(port), Path(rest[0]).read_bytes())
    else:
        asyncio.run(renderer(int(port), Path(rest[0]), int(rest[1]), float(rest[2])))


if __name__ == "__main__":
    main()
