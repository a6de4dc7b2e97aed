"""A utility's web server on this machine: it gives whatever list it is told to, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class ListServer:
    """Set `body`, `status` and `headers`; `asked` holds the headers of each request. `tagged`: it knows ETag and date."""

    def __init__(self) -> None:
        self.body: bytes = b"[]"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.tagged = False
        self.silent = False
        self.url = ""

    def says(self, document: Any, status: int = 200, **headers: str) -> None:
        """From now on it gives this: bytes as they are, anything else as JSON."""
        self.body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        if self.silent:
            await asyncio.sleep(30)
        tag = f'"{hash(self.body)}"'
        if self.tagged and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        marks = {"ETag": tag, "Last-Modified": "Thu, 05 Mar 2026 01:12:00 GMT"} if self.tagged else {}
        return web.Response(body=self.body, status=self.status, headers=marks | self.headers)

    async def cut_off(self, request: web.Request) -> web.StreamResponse:
        """Half an answer, then the connection ends."""
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'[{"id": 1')
        assert request.transport is not None
        request.transport.close()
        return answer

    async def round_and_round(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/round")


@asynccontextmanager
async def list_server() -> AsyncIterator[ListServer]:
    """It listens on a free port of this machine: /list, /cut-off, /round."""
    server = ListServer()
    app = web.Application()
    app.router.add_get("/list", server.answer)
    app.router.add_get("/cut-off", server.cut_off)
    app.router.add_get("/round", server.round_and_round)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
