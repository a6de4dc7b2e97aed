"""What the demo's chapters share: the play, the book, and ways to break things on purpose."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import aiohttp

from demo.city.city import ZONE
from devstack.play import Play
from operations.calls.followups import record_followup
from operations.duty.sending import resume_lanes, stop_lanes
from operations.registry.confirming import confirm_customer
from operations.silence import silences
from operations.system.asking import ask
from operations.system.location import find
from schemas.contracts.base import Wire
from services.notifier.sending.gates.brake import LANES
from services.restorer.domain.callers.recorded import CallOutcome
from services.restorer.publishing import PUBLISH, OneMonth

BACK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Kill:
    """A service that was killed in the middle."""

    service: str
    signal: str
    pid: int
    seconds: float
    """Real seconds until it was ready again."""

    def as_json(self) -> dict[str, Any]:
        """A row of the report."""
        return {"service": self.service, "signal": self.signal, "pid": self.pid, "secondsUntilReady": self.seconds}


class Narrator(Protocol):
    """Who writes the book."""

    async def say(self, who: str, what: str, *notes: str, about: str = "") -> None:
        """A line of one's own."""
        ...

    async def look(self, *, without: str | None = None) -> int:
        """Tell what is new, `without` one service and what it sends; returns how many lines that were."""
        ...

    def missing(self, mrid: str) -> tuple[int, int, int]:
        """Texts about an outage: asked for, on handsets, on handsets more than once."""
        ...

    def asked(self, mrid: str) -> frozenset[str]:
        """The ids of the texts asked for about an outage."""
        ...

    def told(self, trigger: str, since: datetime) -> frozenset[str]:
        """The customers on whose handsets a text of that occasion has come since that instant."""
        ...


class Chapter(Protocol):
    """Names what is being played, for the error if it fails."""

    def __call__(self, name: str, /) -> AbstractAsyncContextManager[None]:
        """As a context around it."""
        ...


@dataclass(slots=True)
class Stage:
    """Where the chapters are played."""

    play: Play
    book: Narrator
    kills: list[Kill] = field(default_factory=list)

    async def at(self, instant: datetime, *facts: Wire, source: str = "/dispatch/east") -> None:
        """Let time pass to `instant`, and let dispatch state facts there."""
        await self.play.until(instant)
        if facts:
            await self.play.tell(*facts, source=source)

    async def kill(self, name: str) -> None:
        """Kill a service that has records waiting, and watch it come back; the others finish first.

        Raises:
            TimeoutError: it is not started again.

        """
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self.play.system.restarts.get(name, 0)
        pid = self.play.system.kill(name, signal.SIGKILL)
        await self._others_done(name, began + BACK_SECONDS)
        # What they said comes first, whole, so that every run of the book reads alike.
        await self.book.look(without=name)
        await self.book.say(
            "operations",
            f"the {name} was killed (kill -9) the moment Kafka had these facts",
            "nobody stands by: it is started again by itself, and time in this city waits for it",
        )
        while self.play.system.restarts.get(name, 0) == before:
            if loop.time() > began + BACK_SECONDS:
                raise TimeoutError(f"the {name} was killed and is not started again")
            await asyncio.sleep(0.02)
        await self.play.system.ready(BACK_SECONDS)
        seconds = round(loop.time() - began, 1)
        self.kills.append(Kill(name, "SIGKILL", pid, seconds))
        await self.book.say("operations", f"the {name} is back after {seconds} s and goes on where its log ends")

    async def _others_done(self, name: str, end: float) -> None:
        others = tuple(f"{one}:" for one in self.play.logs if one != name)
        while any(reason.startswith(others) for reason in await self.play.idle.busy()):
            if asyncio.get_running_loop().time() > end:
                raise TimeoutError(f"the services beside the {name} do not come to rest")
            await asyncio.sleep(0.02)

    async def spoke(self, *calls: tuple[str, str]) -> None:
        """Somebody spoke with customers and records it: each customer's id with the name of who called."""
        for customer, by in calls:
            answer = await confirm_customer(find(self.play.system.folder), customer, how="call", by=by)
            await self.play.settle()
            if answer.reason != "customer-confirmed":
                raise ValueError(f"a call to {customer} was not recorded: {answer.reason}")

    async def called(self, report: str, outcome: CallOutcome, *, by: str, opinion: str | None = None) -> None:
        """Somebody called whoever made a report back, and records how it went.

        Raises:
            Refused: it cannot be recorded; the message says why.

        """
        await record_followup(find(self.play.system.folder), report, outcome, by=by, opinion=opinion)
        await self.play.settle()

    async def stop_sending(self, why: str) -> None:
        """Somebody puts the brake on every lane.

        Raises:
            Refused: it cannot be; the message says why.

        """
        await stop_lanes(find(self.play.system.folder), LANES, why)

    async def resume_sending(self, why: str) -> None:
        """Somebody releases it.

        Raises:
            Refused: it cannot be; the message says why.

        """
        await resume_lanes(find(self.play.system.folder), LANES, why)
        await self.play.settle()

    async def held_in_silence(self) -> tuple[str, ...]:
        """The customers of whom the watch over silence says that something holds what they ought to hear."""
        found, _ = await silences(find(self.play.system.folder))
        return tuple(sorted(one.customer_id for one in found.customers if one.state == "held"))

    async def publish(self, month: str, *, by: str) -> None:
        """A person publishes a month's statement.

        Raises:
            Refused: it cannot be published; the message says why.

        """
        await ask(find(self.play.system.folder), "restorer", PUBLISH, OneMonth(month=month, by=by))
        await self.play.settle()

    async def break_twilio(self, *faults: Mapping[str, Any]) -> None:
        """Switch faults of the simulator on (devstack/twilio/faults.py); none: all off."""
        await self._simulator("DELETE", "faults")
        if faults:
            await self._simulator("POST", "faults", list(faults))

    async def posted(self, mrid: str) -> int:
        """How often the simulator was asked to create a text about an outage."""
        ours = self.book.asked(mrid)
        return sum(post.get("message_id") in ours for post in await self._simulator("GET", "posts"))

    async def _simulator(self, method: str, path: str, body: Any = None) -> Any:
        address = f"{self.play.system.twilio_url}/_sim/{path}"
        async with aiohttp.ClientSession() as session, session.request(method, address, json=body) as answer:
            answer.raise_for_status()
            return await answer.json()


def hour(instant: datetime) -> str:
    """`02:14` in the city's time."""
    return f"{instant.astimezone(ZONE):%H:%M}"
