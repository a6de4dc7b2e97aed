"""Events over HTTP into a gateway with its own PostgreSQL: a sender that tries until it is answered loses none."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import asyncpg
import pytest

from schemas.contracts import dispatch
from services.gateway.dispatch import taken
from services.gateway.dispatch.tokens import Token, digest_of, entry
from services.kernel.adapters.migrate import migrate
from tests.kits.stack.databases import database
from tests.kits.stack.gateway import STRUCTURED, event
from tests.sim.engine.databases import make_ready
from tests.sim.engine.lock_waits import LockTable
from tests.sim.net.connector import HostConnector
from tests.sim.net.stage import Stage, played

TOKEN = "outage_a-token-of-a-story"
SOURCE = "/dispatch/east"


@pytest.fixture(scope="module")
def address(postgres: str) -> Iterator[str]:
    """A database with the gateway's table."""
    with asyncio.Runner() as runner:
        made = database(postgres)
        there = runner.run(made.__aenter__())
        runner.run(migrate(there, taken.SCHEMA, taken.FOLDERS))
        runner.run(make_ready(there))
        yield there
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture
def words(address: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of a gateway with an empty table."""

    async def empty() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute(f"truncate {taken.SCHEMA}.taken")
        await connection.close()

    asyncio.run(empty())
    file = tmp_path / "tokens.toml"
    file.write_text(entry(Token("east", digest_of(TOKEN), ("*",), frozenset("*"))))
    return {"postgres": address, "gateway_tokens": file}


async def posted(stage: Stage, id_: str, failed: Counter[str] | None = None) -> str:
    """Post an event until it is answered; the answer's outcome. `failed` counts what went wrong before."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": STRUCTURED}
    connector = HostConnector(stage.network.host("east"))
    limit = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
        while True:
            try:
                data = json.dumps(event(SOURCE, id_)).encode()
                async with session.post("http://gateway/v1/events", data=data, headers=headers) as answer:
                    if answer.status < 500:
                        return str((await answer.json(content_type=None))["outcome"])
            except (aiohttp.ClientError, TimeoutError) as error:
                if failed is not None:
                    failed[type(error).__name__] += 1
            await asyncio.sleep(1)


def on_kafka(stage: Stage) -> list[str]:
    """Ids of the events on outage.dispatch."""
    places = [stage.broker.partition((dispatch.TOPIC, number)) for number in range(4)]
    return [stored.record.headers["ce_id"].decode() for place in places for stored in place.records]


def test_an_event_whose_answer_was_lost_is_taken_once(words: dict[str, Any], locks: LockTable, tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        assert await posted(stage, "1") == "taken"
        stage.network.way("east", "gateway").lose("answer")
        assert await posted(stage, "2") == "already-taken"
        stage.network.way("east", "gateway").lose("request")
        assert await posted(stage, "3") == "taken"
        assert sorted(on_kafka(stage)) == ["1", "2", "3"]

    played(tmp_path / "sim", story, locks=locks, **words)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_gateway_killed_again_and_again_loses_no_event(
    seed: int, words: dict[str, Any], locks: LockTable, tmp_path: Path
) -> None:
    async def story(stage: Stage) -> None:
        chance, failed = Random(seed), Counter[str]()
        sent = [asyncio.create_task(posted(stage, str(number), failed)) for number in range(20)]
        gateway = next(node for node in stage.loop.nodes if node.name == "gateway")
        for _ in range(5):
            await asyncio.sleep(chance.uniform(0.004, 0.012))  # while it takes them
            stage.loop.kill(gateway)
            await asyncio.sleep(chance.uniform(0, 2))
            gateway = await stage.start_gateway()
        assert {await one for one in sent} <= {"taken", "already-taken"}
        assert set(on_kafka(stage)) == {str(number) for number in range(20)}
        assert failed["ServerDisconnectedError"] > 0, "it was killed while it worked"

    played(tmp_path / "sim", story, seed=seed, locks=locks, **words)
