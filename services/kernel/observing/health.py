"""Report started, ready and alive, each with a named reason, over the small server that also serves the metrics.

Alive is judged by progress, not by the process: a partition with records waiting whose offset has stood still is what a
restart cures. That Kafka, Postgres or a provider is away never fails it, since a restart would cure nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from services.kernel.clock import Clock
from services.kernel.model import TopicPartition
from services.kernel.observing.every import every

BEAT_SECONDS = 1.0
BEAT_LIMIT = 30.0
STALL_LIMIT = 300.0

Verdict = list[str]
"""Reasons why not; empty means yes."""


class Health:
    """What the kernel tells of itself, and what follows from it. Pure; time through the clock's monotonic face."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = self._draining = False
        self._waiting_for = "settings"
        self._beat = clock.monotonic()
        self._down: dict[str, tuple[str, bool]] = {}
        self._remarks: dict[str, str] = {}
        self._places: dict[
            TopicPartition, tuple[int, int, float]
        ] = {}  # next offset, end, when it last advanced or was even

    def starting(self, waiting_for: str) -> None:
        """Say what the start waits for: schema, topics, the group."""
        self._waiting_for = waiting_for

    def started(self) -> None:
        """Settings read, schema fits, topics exist, the group joined."""
        self._started = True

    def draining(self) -> None:
        """The process was told to end."""
        self._draining = True

    def beat(self) -> None:
        """The event loop turns."""
        self._beat = self._clock.monotonic()

    def assigned(self, places: Collection[TopicPartition]) -> None:
        """The partitions now read; none is fine. Each gets its full time anew."""
        self._places = {place: self._places.get(place, (0, 0, 0.0)) for place in places}
        self._start_anew()

    def progress(self, place: TopicPartition, offset: int, end_offset: int | None = None) -> None:
        """The last offset handled, and the end of the partition (that of its next record) where it is known."""
        if place not in self._places:
            return
        before, end, since = self._places[place]
        was_even, end = before >= end, max(end, offset + 1) if end_offset is None else end_offset
        if was_even or offset + 1 > before:
            since = self._clock.monotonic()
        self._places[place] = (offset + 1, end, since)

    def dependency(self, name: str, *, ok: bool, detail: str = "", optional: bool = False) -> None:
        """A dependency answers or not. Without an optional one (the SMS provider) the process is ready all the same."""
        if not ok:
            self._down[name] = (detail, optional)
        elif name in self._down:
            del self._down[name]
            self._start_anew()

    def remark(self, name: str, text: str | None) -> None:
        """Something a person should know that is no reason to be sent no work; None: it is over."""
        if text is None:
            self._remarks.pop(name, None)
        else:
            self._remarks[name] = text

    @property
    def remarks(self) -> list[str]:
        """Remarks worth knowing now, in the order of their names."""
        return [self._remarks[name] for name in sorted(self._remarks)]

    def startup(self) -> Verdict:
        """Why the start is not over yet. Waiting for a dependency is no reason: whoever asks would end the process."""
        return [] if self._started or self._down else self._starting()

    def ready(self) -> Verdict:
        """Why the process should not count as ready. An empty assignment is ready."""
        reasons = [] if self._started else self._starting()
        reasons += ["draining"] * self._draining
        reasons += [f"{name} away: {why}" for name, (why, optional) in self._down.items() if not optional]
        return reasons

    def impaired(self) -> Verdict:
        """What is away without which the process is ready all the same."""
        return [f"{name} away: {why}" for name, (why, optional) in self._down.items() if optional]

    def live(self) -> Verdict:
        """Why a restart would help."""
        now = self._clock.monotonic()
        reasons = []
        if now - self._beat > BEAT_LIMIT:
            reasons.append(f"event loop: no beat for {now - self._beat:.0f} s")
        if self._down or self._draining or not self._started:
            return reasons
        for (topic, partition), (offset, end, since) in self._places.items():
            if offset < end and now - since > STALL_LIMIT:
                reasons.append(f"stalled: {topic}/{partition} at {offset} of {end} for {now - since:.0f} s")
        return reasons

    def _starting(self) -> Verdict:
        return [f"starting: waiting for {self._waiting_for}"]

    def _start_anew(self) -> None:
        now = self._clock.monotonic()
        self._places = {place: (offset, end, now) for place, (offset, end, _) in self._places.items()}


class MetricsPage(Protocol):
    """What is served as /metrics: services.kernel.observing.telemetry.Telemetry, or another's."""

    def render(self) -> bytes:
        """The page in Prometheus' text format."""
        ...


class HealthServer:
    """/healthz/startup, ready and live (200 or 503, JSON with reasons), and /metrics. Beats once a second."""

    def __init__(self, health: Health, telemetry: MetricsPage, host: str = "127.0.0.1", port: int = 0) -> None:
        self._health, self._telemetry, self._host, self.port = health, telemetry, host, port
        self._runner: web.AppRunner | None = None
        self._beats: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; `port` then holds the port taken. OSError if it is not free."""
        app = web.Application()
        for name in ("startup", "ready", "live"):
            app.router.add_get(f"/healthz/{name}", self._answer)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self.port).start()
        self.port = self._runner.addresses[0][1]
        self._beats = asyncio.create_task(every(BEAT_SECONDS, self._health.beat))

    async def stop(self) -> None:
        """Stop listening."""
        if self._beats is not None:
            self._beats.cancel()
            with suppress(asyncio.CancelledError):
                await self._beats
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        health = self._health
        reasons = {"startup": health.startup, "ready": health.ready, "live": health.live}[name]()
        said: dict[str, object] = {"check": name, "ok": not reasons, "reasons": reasons, "impaired": health.impaired()}
        if health.remarks:
            said["remarks"] = health.remarks
        return web.json_response(said, status=503 if reasons else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._telemetry.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})
