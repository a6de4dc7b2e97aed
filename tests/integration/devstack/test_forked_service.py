"""A service of ours that is forked off a process with its modules answers, logs, dies and ends as the same one started by exec."""

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devstack.processes.supervisor import Child, Supervisor
from devstack.servers.ports import free_port
from devstack.system import IMPORTS
from tests.kits.stack.gateway import STRUCTURED, a_source, environment, event, prepare, token_for_all

pytestmark = pytest.mark.stack

# What differs from one run to the next, whichever way it was started: times, process ids, ports.
OF_THE_RUN = re.compile(r"[0-9]{4}-[-0-9T:.]+(Z|\+00:00)|[0-9]{3,}")
ENDS = {
    "asked to end": 0,
    "killed": -signal.SIGKILL,
    "died at a step": -signal.SIGKILL,
    "wrong settings": 78,
}


class Gateway:
    """One gateway after the other, under one supervisor."""

    def __init__(self, supervisor: Supervisor, folder: Path, kafka: str, postgres: str) -> None:
        self._supervisor, self._log = supervisor, folder / "gateway.log"
        self._port, self._health, tokens = free_port(), free_port(), folder / "tokens.toml"
        self._token = token_for_all(tokens)
        self._environment = environment(kafka, postgres, tokens, self._port) | {
            "OUTAGE_HTTP_PORT": str(self._health),
            "OUTAGE_LOG_FORMAT": "json",
            "OUTAGE_LOCAL_STACK": "1",
        }

    async def start(self, **more: str) -> Child:
        self._log.unlink(missing_ok=True)
        words = [sys.executable, "-m", "services.gateway"]
        return await self._supervisor.start("gateway", words, self._environment | more, log_file=self._log)

    async def until_ready(self) -> None:
        wanted = {f"http://127.0.0.1:{self._health}/healthz/ready": 200, f"http://127.0.0.1:{self._port}/": 404}
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            for url, status in wanted.items():
                while await self._status(session, url) != status:
                    await asyncio.sleep(0.1)

    @staticmethod
    async def _status(session: aiohttp.ClientSession, url: str) -> int | None:
        try:
            async with session.get(url) as answer:
                return answer.status
        except aiohttp.ClientConnectorError:
            return None

    async def post(self, body: Any) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": STRUCTURED}
        url = f"http://127.0.0.1:{self._port}/v1/events"
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
            return answer.status, (await answer.json())["outcome"]

    def said(self) -> list[str]:
        """Its log, without what differs from run to run."""
        return [OF_THE_RUN.sub("…", line) for line in self._log.read_text().splitlines()]


async def a_life(gateway: Gateway) -> dict[str, Any]:
    """What can be seen of a gateway from outside, from its first start to its last end."""
    source = a_source()
    child = await gateway.start()
    await gateway.until_ready()
    answers = [await gateway.post(event(source)) for _ in range(2)]
    child.kill(signal.SIGTERM)
    seen: dict[str, Any] = {"answers": answers, "asked to end": (await child.wait(), gateway.said())}

    child = await gateway.start()
    await gateway.until_ready()
    child.kill(signal.SIGKILL)
    seen["killed"] = await child.wait(), gateway.said()

    child = await gateway.start(OUTAGE_DIE_AT="gateway-acknowledged:1")
    await gateway.until_ready()
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await gateway.post(event(source, "2"))
    seen["died at a step"] = await child.wait(), gateway.said()

    child = await gateway.start(OUTAGE_PUBLIC_URL="")
    seen["wrong settings"] = await child.wait(), gateway.said()
    return seen


async def test_a_service_is_the_same_whichever_way_it_was_started(kafka: str, postgres: str, tmp_path: Path) -> None:
    await prepare(kafka, postgres)
    seen = {}
    for way, imports in (("forked", IMPORTS), ("by exec", ())):
        folder = tmp_path / way
        folder.mkdir()
        async with Supervisor(log_file=folder / "s.log", imports=imports) as supervisor:
            seen[way] = await a_life(Gateway(supervisor, folder, kafka, postgres))
        assert (folder / "s.log").read_text() == "", "the warden could not fork"
    assert seen["forked"] == seen["by exec"]
    assert seen["forked"]["answers"] == [(202, "taken"), (200, "already-taken")]
    for what, code in ENDS.items():
        returncode, log = seen["forked"][what]
        assert returncode == code
        assert log, what
