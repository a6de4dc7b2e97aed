"""Measure POST /v1/events beside the least an endpoint can be, on one stack, in turns: `python -m bench.gateway`.

The bare endpoint is Starlette + aiokafka under the same uvicorn: read the body, produce, await the ack, answer. It checks
no token and no contract and remembers nothing. Both get the same events from the same client at the same concurrency.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from devstack.servers.ports import free_port
from devstack.servers.stack import Stack, TopicSpec, create_topics
from schemas.contracts import dispatch
from schemas.contracts.all_types import TOPICS
from services.gateway.dispatch import taken
from services.gateway.dispatch.tokens import Token, digest_of, entry, make
from services.kernel.adapters.migrate import migrate

PARTITIONS = 4
KINDS = ("bare", "gateway", "batches")
PER_REQUEST = {"bare": 1, "gateway": 1, "batches": 50}
MEDIA = {"bare": "application/cloudevents+json", "gateway": "application/cloudevents+json"}
BATCH = "application/cloudevents-batch+json"


@dataclass
class Run:
    """Figures of one kind over the rounds."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def bare() -> None:
    """Serve the bare endpoint; Kafka and the port come from the environment."""
    producer: AIOKafkaProducer | None = None

    async def post(request: Request) -> JSONResponse:
        nonlocal producer
        if producer is None:
            made = AIOKafkaProducer(
                bootstrap_servers=os.environ["OUTAGE_KAFKA"], enable_idempotence=True, acks="all", linger_ms=2
            )
            producer = made
            await made.start()
        await producer.send_and_wait(dispatch.TOPIC, await request.body())
        return JSONResponse({"outcome": "taken"}, 202)

    app = Starlette(routes=[Route("/v1/events", post, methods=["POST"])])
    port = int(os.environ["OUTAGE_GATEWAY_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, http="h11", log_level="warning", access_log=False)


def event(name: str) -> dict[str, Any]:
    """One event of an outage of its own."""
    data = {"mRID": name, "outageClass": "fault", "startedAt": "2026-03-05T09:12:00+08:00"}
    extent = {"lines": ["10千伏城东线"], "areas": ["中山路一带"], "usagePoints": [f"UP-{n}" for n in range(10)]}
    return {
        "specversion": "1.0",
        "id": name,
        "source": "/bench",
        "type": "outage.started.v1",
        "time": "2026-03-05T09:12:30+08:00",
        "data": data | {"extent": extent},
    }


def ask(url: str, token: str, kind: str, run: str, requests: int, concurrency: int) -> tuple[float, list[float]]:
    """A client in a process of its own: events per second, and the seconds of each request."""

    async def client() -> tuple[float, list[float]]:
        per, media = PER_REQUEST[kind], MEDIA.get(kind, BATCH)
        bodies = []
        for n in range(requests):
            events = [event(f"{run}.{n}.{m}") for m in range(per)]
            bodies.append(json.dumps(events if kind == "batches" else events[0]).encode())
        waiting = iter(bodies)
        took: list[float] = []
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def work() -> None:
                for body in waiting:
                    at = time.perf_counter()
                    async with session.post(url, data=body) as answer:
                        await answer.read()
                        if answer.status != 202:
                            raise SystemExit(f"{kind} answered {answer.status}: {await answer.text()}")
                    took.append(time.perf_counter() - at)

            since = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(concurrency)))
        return requests * per / (time.perf_counter() - since), took

    return asyncio.run(client())


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


async def measure(requests: int, concurrency: int, rounds: int) -> dict[str, Run]:
    """Both endpoints in turns, `rounds` times, after one small round to warm up."""
    runs = {kind: Run() for kind in KINDS}
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as name:
        folder = Path(name)
        async with Stack(folder, on_progress=print) as stack:
            await create_topics(stack.kafka, {topic: TopicSpec(PARTITIONS) for topic in TOPICS})
            await migrate(stack.postgres, taken.SCHEMA, taken.FOLDERS)
            token = make()
            tokens = folder / "tokens.toml"
            tokens.write_text(entry(Token("bench", digest_of(token), ("*",), frozenset({"*"}), rate=1_000_000)))
            urls = {}
            for kind, words in (
                ("bare", ["-m", "bench.gateway", "--serve-bare"]),
                ("gateway", ["-m", "services.gateway"]),
            ):
                port = free_port()
                await stack.supervisor.start(
                    kind,
                    [sys.executable, *words],
                    env={
                        **stack.environment,
                        "OUTAGE_GATEWAY_PORT": str(port),
                        "OUTAGE_GATEWAY_TOKENS": str(tokens),
                        "OUTAGE_TWILIO_AUTH_TOKEN": "not-used-here",
                        "OUTAGE_PUBLIC_URL": "http://127.0.0.1",
                        "OUTAGE_INDEX_KEY": "not-used-here-at-all",
                        "OUTAGE_LOG_LEVEL": "warning",
                    },
                    log_file=folder / f"{kind}.log",
                )
                urls[kind] = f"http://127.0.0.1:{port}/v1/events"
                async with asyncio.timeout(60):
                    await _answers(urls[kind])
            urls["batches"] = urls["gateway"]
            with multiprocessing.get_context("spawn").Pool(1) as clients:
                for turn in range(rounds + 1):
                    for kind in KINDS:
                        wanted = max(
                            1,
                            (requests if turn else requests // 10)
                            // PER_REQUEST[kind]
                            * (5 if kind == "batches" else 1),
                        )
                        words = (urls[kind], token, kind, f"{kind}{turn}", wanted, concurrency)
                        rate, took = await loop.run_in_executor(None, clients.apply, ask, words)
                        if turn:
                            runs[kind].rates.append(rate)
                            runs[kind].latencies += took
                            print(f"round {turn} {kind:8} {rate:9,.0f} events/s   p99 {_p(took, 0.99):7.1f} ms")
    return runs


def _p(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def report(runs: dict[str, Run], requests: int, concurrency: int, rounds: int) -> dict[str, Any]:
    """The figures, with ratios to the bare endpoint."""
    base, base_p99 = statistics.median(runs["bare"].rates), _p(runs["bare"].latencies, 0.99)
    rows = {}
    for kind, run in runs.items():
        rate, p99 = statistics.median(run.rates), _p(run.latencies, 0.99)
        rows[kind] = {
            "eventsPerSecond": {"min": min(run.rates), "median": rate, "max": max(run.rates)},
            "eventsPerRequest": PER_REQUEST[kind],
            "ratioToBare": rate / base,
            "p50Ms": _p(run.latencies, 0.5),
            "p99Ms": p99,
            "p99RatioToBare": p99 / base_p99,
        }
    return {
        "rows": rows,
        "requests": requests,
        "concurrency": concurrency,
        "rounds": rounds,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "versions": {name: version(name) for name in ("starlette", "uvicorn", "aiokafka", "asyncpg", "msgspec")},
        "kafka": "4.3.1",
        "postgres": "18, fsync on",
    }


def main() -> None:
    """Measure, print, and write build/bench/gateway.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve-bare", action="store_true", help="serve the bare endpoint (used by the bench itself)")
    options = parser.parse_args()
    if options.serve_bare:
        bare()
        return
    runs = asyncio.run(measure(options.requests, options.concurrency, options.rounds))
    figures = report(runs, options.requests, options.concurrency, options.rounds)
    target = Path("build/bench/gateway.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    print(f"\n{'':10}{'events/s':>12}{'of bare':>9}{'p50 ms':>9}{'p99 ms':>9}{'x bare':>8}")
    for kind, row in figures["rows"].items():
        print(
            f"{kind:10}{row['eventsPerSecond']['median']:12,.0f}{row['ratioToBare']:9.2f}"
            f"{row['p50Ms']:9.1f}{row['p99Ms']:9.1f}{row['p99RatioToBare']:8.1f}"
        )
    print(
        f"bare: Starlette + aiokafka, produce and await the ack; batches: {PER_REQUEST['batches']} events a request; {target}"
    )


if __name__ == "__main__":
    main()
