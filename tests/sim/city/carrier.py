"""Carry texts at the notifier's port, with what a provider does wrong: answers lost, posts lost, receipts late, twice or never."""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import receipts
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.provider.port import (
    FindRequest,
    LookupFailed,
    ProviderMessage,
    Reply,
    SendOutcome,
    SendRequest,
    TooLate,
    classify,
)
from tests.sim.broker import Broker
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node

NAME: Final = "twilio"
SENDER: Final = "+15005550006"
ANSWER_SECONDS: Final = 10.0
"""After so long the client gives an answer up, as TwilioProvider does."""
SLACK: Final = timedelta(seconds=60)


@dataclass
class Carried:
    """A message that the provider created."""

    sid: str
    message_id: str
    attempt: int
    to: str
    body: str
    at: datetime
    shows_at: float
    """From then on (loop time) the list shows it."""


@dataclass
class Carrier:
    """The provider itself, in the world around all nodes. `wrong`: how much of what it does goes wrong, 0 to 1."""

    loop: SimLoop
    broker: Broker
    now: Callable[[], datetime]
    random: Random
    wrong: float = 0.0
    made: list[Carried] = field(default_factory=list)
    around: Context = field(default_factory=copy_context)
    """Where it was made, outside any node: what it does goes on whoever dies."""

    def create(self, request: SendRequest) -> Carried:
        """A message, and the receipts that follow."""
        sid = f"SM{len(self.made) + 1:032x}"
        lag = self.random.uniform(0, 1) if self._goes_wrong() else 0.0
        made = Carried(
            sid, request.message_id, request.attempt, request.to, request.body, self.now(), self.loop.time() + lag
        )
        self.made.append(made)
        for status, seconds in (("sent", 0.05), ("delivered", 0.15)):
            for _ in range(self.random.choice((0, 1, 2)) if self._goes_wrong() else 1):
                late = self.random.uniform(0, 5) if self._goes_wrong() else 0.0
                self.loop.call_later(seconds + late, partial(self._receipt, made, status), context=self.around)
        return made

    def _goes_wrong(self) -> bool:
        return self.random.random() < self.wrong

    def _receipt(self, made: Carried, status: str) -> None:
        now = self.now()
        receipt = ReceiptReceived(
            provider=NAME,
            provider_sid=made.sid,
            status=status,
            message_id=made.message_id,
            attempt=made.attempt,
            received_at=now,
        )
        # As the gateway names it: what was heard is the fact, each time.
        name = f"{made.sid}/{status}/{now.isoformat()}"
        event = CloudEvent(source="/twilio", id=name, type="receipt.received.v1", time=now, data=receipt)
        message = to_kafka(event, receipts.TOPIC)
        place = self.broker.place_of(message.topic, message.key)
        self.broker.append(place, message.key, message.value, message.headers, now)


class Way:
    """services.notifier.domain.provider.port.SmsProvider of one node."""

    name = NAME
    sender = SENDER

    def __init__(self, carrier: Carrier, node: Node) -> None:
        self._carrier, self._node = carrier, node

    async def send(self, request: SendRequest) -> SendOutcome:
        """See SmsProvider."""
        draw = self._carrier.random
        await asyncio.sleep(draw.uniform(0.005, 0.05))
        try:
            if request.before_write is not None:
                request.before_write()
        except TooLate:
            return classify(Reply(written=False, too_late=True))
        fate = draw.choice(("lost", "unanswered", "broken", "503", "429")) if self._goes_wrong() else "well"
        if fate == "429":
            return classify(Reply(written=True, http_status=429, body="", retry_after=0.5))
        # The bytes are on their way: whatever becomes of the sender, the provider gets them.
        arriving = None if fate == "lost" else self._arrive(request)
        if fate in ("lost", "unanswered"):
            await asyncio.sleep(ANSWER_SECONDS)
            return classify(Reply(written=True, trouble="no answer in time"))
        assert arriving is not None
        made = await arriving
        if fate == "broken":
            return classify(Reply(written=True, trouble="the connection broke"))
        if fate == "503":
            return classify(Reply(written=True, http_status=503, body="busy"))
        return classify(Reply(written=True, http_status=201, body=f'{{"sid": "{made.sid}", "status": "queued"}}'))

    def _arrive(self, request: SendRequest) -> "asyncio.Future[Carried]":
        carrier = self._carrier
        arriving: asyncio.Future[Carried] = carrier.loop.create_future()

        def arrive() -> None:
            made = carrier.create(request)
            if not arriving.done():
                arriving.set_result(made)

        carrier.loop.call_later(carrier.random.uniform(0.001, 0.2), arrive, context=carrier.around)
        return arriving

    def _goes_wrong(self) -> bool:
        return self._carrier.random.random() < self._carrier.wrong

    async def find(self, request: FindRequest) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider."""
        await asyncio.sleep(0.02)
        if self._goes_wrong():
            return LookupFailed("no answer")
        now = self._carrier.loop.time()
        fits = [
            one
            for one in self._carrier.made
            if one.body == request.body
            and (one.to == request.to if request.to is not None else request.goes_to(one.to))
            and one.at >= request.started_at - SLACK
            and one.sid not in request.owned
            and one.shows_at <= now
        ]
        if not fits:
            return None
        doubles = tuple(one.sid for one in fits[1:])
        return ProviderMessage(
            sid=fits[0].sid, status="delivered", error_code=None, created_at=fits[0].at, doubles=doubles
        )

    async def fetch(self, sid: str) -> ProviderMessage | LookupFailed | None:
        """See SmsProvider."""
        await asyncio.sleep(0.02)
        if self._goes_wrong():
            return LookupFailed("no answer")
        found = next((one for one in self._carrier.made if one.sid == sid), None)
        if found is None:
            return None
        return ProviderMessage(sid=sid, status="delivered", error_code=None, created_at=found.at)

    async def close(self) -> None:
        """Nothing is held."""
