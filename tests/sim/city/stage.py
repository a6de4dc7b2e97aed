"""What an act of a story works with: the system, the world around it, and the record of what was told."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import aiohttp
import msgspec

from connectors.registry.entry import RegistryEntry
from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.base import encode
from schemas.contracts.dispatch import Fact
from services.kernel.adapters.away import BROKER
from services.kernel.adapters.kafka import Produce
from tests.chaos.truth import KnownFact
from tests.sim.city.machine import START
from tests.sim.city.provider import PUBLIC_URL, TOKEN
from tests.sim.city.system import SimSystem
from tests.sim.city.visitor import Outside
from tests.sim.engine.backup import Backup
from tests.sim.judging.promises.shown import PageRead
from tests.sim.judging.sending.approvals import Approval
from tests.sim.judging.storms import WrongClock


@dataclass(frozen=True)
class Lost:
    """What a database that went `back_to` an instant, `at` another, does not know any more: `texts` by id, `events` of its logs."""

    back_to: datetime
    at: datetime
    texts: Mapping[str, Any]
    events: frozenset[UUID]


@dataclass(frozen=True)
class Answer:
    """What came from a number: when it was sent, and since when the gateway has it; None: it is fetched from the provider."""

    number: str
    body: str
    sent: datetime
    taken: datetime | None


ZERO: Final = START + timedelta(minutes=10)
"""The instant at which every story begins, once the system stands and knows its customers."""


@dataclass
class Stage:
    """Made for one story. `known`: each fact of dispatch once, since when Kafka has it for certain; `homes`: the registry's."""

    system: SimSystem
    city: Outside
    known: list[KnownFact] = field(default_factory=list)
    homes: list[KnownFact] = field(default_factory=list)
    complaints: list[KnownFact] = field(default_factory=list)
    """As `known`, what was told of complaints."""
    taken: set[tuple[str, str]] = field(default_factory=set)
    """Source and id of each fact that the restorer is to take."""
    meant: dict[tuple[str, str], Fact] = field(default_factory=dict)
    """By source and id, the facts that were sent in another spelling than ours, in ours."""
    refused: set[tuple[bytes, str]] = field(default_factory=set)
    """Key and reason of each record that must lie in quarantine wherever its topic is read."""
    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    """By source and id, those that can be so, in our spelling."""
    said: list[KafkaMessage | CloudEvent] = field(default_factory=list)
    """All that dispatch told, to Kafka or to the gateway, in that order: to be told again where Kafka loses it."""
    unjudged: set[tuple[str, str]] = field(default_factory=set)
    """Service and stream where the code cannot judge for a while, until operators have had it judge again."""
    wrong: list[str] = field(default_factory=list)
    """What acts found wrong themselves."""
    numbers: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who has a transaction open on the connection of the notifier's tables."""
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by who puts other rules in force: operators do one such thing after the other."""
    imported: dict[str, RegistryEntry] = field(default_factory=dict)
    """Whom the registry changed during the story and still has, by id."""
    first_sent: dict[tuple[str, str], datetime] = field(default_factory=dict)
    stopped: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    """Lanes whose texts operators stopped: from when, and until when at least."""
    clocks: list[WrongClock] = field(default_factory=list)
    """Those that were wrong for a while."""
    backup: tuple[Backup, datetime] | None = None
    """What was kept, and when; and what is lost since it was put back (restored.py)."""
    lost: Lost | None = None
    taken_over: datetime | None = None
    """Until then an older version was at work, or what it left was not reviewed yet (tests/sim/upgrade)."""
    again: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What operators did and look at once more where a database went back to before it."""
    storms: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when until when something may have been broken; the story adds to it."""
    numbers_of: dict[str, set[str]] = field(default_factory=dict)
    """By contact, every number that it had."""
    approvals: list[Approval] = field(default_factory=list)
    """What operators said of large sends."""

    published_again: Counter[str] = field(default_factory=Counter)
    """By service, the events that it was told to publish once more."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """By the provider's id, what customers wrote."""

    read: list[PageRead] = field(default_factory=list)
    """What a board read of notices."""

    def note_numbers(self, entry: RegistryEntry) -> None:
        """A customer has these numbers now."""
        for contact, number in entry.numbers.items():
            self.numbers_of.setdefault(contact, set()).add(number)

    async def hand_over(self, message: KafkaMessage) -> None:
        """Send until Kafka has acknowledged it, however long that takes."""
        await self._hand_over(message)
        if message.topic == dispatch.TOPIC:
            self.said.append(message)

    async def tell_again(self) -> None:
        """All that dispatch has told, once more, each to whom it told it: outage by outage, and in another order of them."""
        places = {key: self.system.loop.world.random.random() for key in dict.fromkeys(map(_outage, self.said))}
        for one in sorted(self.said, key=lambda one: places[_outage(one)]):
            await (self._post(one) if isinstance(one, CloudEvent) else self._hand_over(one))

    async def _hand_over(self, message: KafkaMessage) -> None:
        row = Produce(message.topic, message.key, message.value, message.headers, self.city.clock.now())
        while True:
            try:
                async with asyncio.timeout(15):
                    if all(await self.city.producer.send([row])):
                        return
            except BROKER:
                pass
            await asyncio.sleep(0.5)

    async def post(self, event: CloudEvent) -> None:
        """Post it to the gateway until it is answered that it was taken, however long that takes.

        Raises:
            ValueError: the gateway refuses it.

        """
        await self._post(event)
        self.said.append(event)

    async def _post(self, event: CloudEvent) -> None:
        named = {name: getattr(event, name) for name in ("id", "source", "type", "time")}
        body = msgspec.json.encode({"specversion": "1.0", **named, "data": msgspec.Raw(encode(event.data))})
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/cloudevents+json"}
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with self.city.http.post(f"{PUBLIC_URL}/v1/events", data=body, headers=headers) as answer:
                    said = await answer.text()
                    if answer.ok:
                        return
                    if answer.status < 500 and answer.status != 429:
                        raise ValueError(f"the gateway refuses {event.id}: {answer.status} {said}")
            await asyncio.sleep(0.5)


def _outage(said: KafkaMessage | CloudEvent) -> str:
    return to_kafka(said, dispatch.TOPIC).key.decode() if isinstance(said, CloudEvent) else said.key.decode()


async def asked_for(stage: Stage) -> dict[str, Any]:
    """Every text that the notifier's log knows, by id."""
    rows = await stage.city.logs["notifier"].fetch("select data from event where type = 'message.requested.v1'")
    return {one["messageId"]: one for one in (json.loads(row["data"]) for row in rows)}
