"""A topic that is deleted and made anew in the middle of a story, and what operators and dispatch do then (docs/operations.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from devstack.player import INPUTS
from devstack.system import PARTITIONS
from operations.duty.offsets import disagrees
from operations.duty.republish import EVER, Selection, forget_taken, put_again
from operations.errors import Away
from operations.system.fences import FenceStanding, as_asked, standings
from operations.system.location import Where
from operations.system.services import NAMES, outputs_of
from schemas.contracts import audience, dispatch, messages, notices, receipts, restorations
from schemas.contracts.all_types import COMPACTED
from services.kernel.adapters.away import AWAY
from services.kernel.operators.shared_actions import ACCEPT, REPUBLISH
from tests.sim.broker.broker import METADATA_SECONDS
from tests.sim.broker.group import SESSION_SECONDS
from tests.sim.city.plan.asking import AGAIN_SECONDS, ask, tables_of
from tests.sim.city.provider import GATEWAY
from tests.sim.city.stage import Stage

T = TypeVar("T")

LOSABLE: Final = (
    dispatch.TOPIC, dispatch.TOPIC, restorations.TOPIC, notices.TOPIC, audience.TOPIC, receipts.TOPIC, messages.TOPIC,
)  # fmt: skip
"""As often as they stand here. What the registry says comes from an import of the whole of it, which is no act of a story."""
UNDER_WAY_SECONDS: Final = 16.0
"""After so long the gateway has answered whatever it had put on the topic that is no more."""
PUBLISHED_SECONDS: Final = 20.0
"""So long operators wait for what is published again, before they let readers begin."""
FORGOTTEN_SECONDS: Final = SESSION_SECONDS + 1
"""Who is away for less is given the partitions that it had, and none of a topic that it saw gone."""


@dataclass(frozen=True, slots=True)
class TopicLoss:
    """A topic that was made anew, and when; `seen`: its readers may have seen it gone; `filled`: all is said on it again."""

    topic: str
    at: datetime
    seen: bool = False
    filled: bool = False


async def lose(stage: Stage, topic: str, gone_seconds: float) -> TopicLoss:
    """Delete it under its readers, and make it anew after so long."""
    stage.system.broker.delete(topic)
    await asyncio.sleep(gone_seconds)
    return replace(_made(stage, topic), seen=gone_seconds > 0)


async def replace_unseen(stage: Stage, topic: str) -> TopicLoss:
    """Stop its readers, make it anew at once and fill it, and start them: their fences find records where they had read."""
    async with _stopped(stage, _readers(topic)):
        stage.system.broker.delete(topic)
        loss = _made(stage, topic)
        # A service that reads what it publishes itself cannot fill it while it is stopped.
        filled = not set(_publishers(topic)) & set(_readers(topic))
        if filled:
            await _fill(stage, loss)
    return replace(loss, filled=filled)


async def put_right(stage: Stage, loss: TopicLoss, *, again: bool) -> None:
    """What was said is said again; then its readers' fences are accepted. `again`: their operators start them again, too."""
    if not loss.filled:
        await _fill(stage, loss)
    for service in _readers(loss.topic):
        while wrong := await _wrong(stage, service, loss.topic):
            asked = (ask(stage, service, ACCEPT, as_asked(one), "Kafka lost the topic") for one in wrong)
            await asyncio.gather(*asked)
    if again:
        async with _stopped(stage, _readers(loss.topic)):
            await asyncio.sleep(FORGOTTEN_SECONDS)
    elif loss.seen:
        await asyncio.sleep(METADATA_SECONDS)


def _made(stage: Stage, topic: str) -> TopicLoss:
    stage.system.broker.create(topic, PARTITIONS, broker_time=True, compacted=topic in COMPACTED)
    return TopicLoss(topic, stage.city.clock.now())


def _readers(topic: str) -> Sequence[str]:
    return [name for name, topics in INPUTS.items() if topic in topics]


def _publishers(topic: str) -> Sequence[str]:
    return [name for name in NAMES if any(one.topic == topic for one in outputs_of(name))]


@asynccontextmanager
async def _stopped(stage: Stage, services: Sequence[str]) -> AsyncIterator[None]:
    """None of their processes run while the block lasts."""
    system = stage.system
    workers = {name: system.workers(name) for name in services}
    for name in services:
        system.held.add(name)
        for node in workers[name]:
            system.loop.kill(node)
    yield
    for name in services:
        system.release(name)
        for _ in workers[name][1:]:
            system.second(name)


async def _fill(stage: Stage, loss: TopicLoss) -> None:
    """Whoever wrote to the topic writes again what it ever did: dispatch its facts, our services what their logs say."""
    await asyncio.sleep(UNDER_WAY_SECONDS)
    if loss.topic == dispatch.TOPIC:
        await _tell_again(stage, loss)
    for service in _publishers(loss.topic):
        await _republish(stage, service, Selection(topic=loss.topic))
    await _published(stage, loss.topic)


async def _tell_again(stage: Stage, loss: TopicLoss) -> None:
    """Dispatch tells everything again; what a service had not read was lost, and Kafka has it since now."""
    await _patiently(lambda: _forget(stage))
    lost = [stage.facts[name] for name in await _patiently(lambda: _unread(stage))]
    await stage.tell_again()
    now = stage.city.clock.now()
    stage.known[:] = [
        replace(one, since=now) if one.since < loss.at and one.fact in lost else one for one in stage.known
    ]


async def _forget(stage: Stage) -> None:
    async with tables_of(stage, GATEWAY) as connection:
        await forget_taken(connection, EVER)


async def _unread(stage: Stage) -> list[tuple[str, str]]:
    """What was told and some reader has not taken."""
    unread = set[tuple[str, str]]()
    for service in _readers(dispatch.TOPIC):
        async with tables_of(stage, service) as connection:
            taken = {(row["source"], row["id"]) for row in await connection.fetch("select source, id from inbox")}
        unread |= stage.facts.keys() - taken
    return sorted(unread)


async def _republish(stage: Stage, service: str, selection: Selection) -> None:
    await ask(stage, service, REPUBLISH, selection.as_asked(()), "Kafka lost the topic")

    async def put() -> None:
        async with tables_of(stage, service) as connection:
            found = await put_again(connection, service, selection)
        stage.published_again[service] += sum(row["events"] for row in found)

    await _patiently(put)


async def _published(stage: Stage, topic: str) -> None:
    """Until it is on the topic again, or it is certain that its publisher cannot run before its own fence is accepted."""
    until = stage.system.loop.time() + PUBLISHED_SECONDS
    for service in _publishers(topic):
        while await _patiently(lambda: _waits(stage, service)) and stage.system.loop.time() < until:  # noqa: B023
            await asyncio.sleep(AGAIN_SECONDS)


async def _waits(stage: Stage, service: str) -> bool:
    async with tables_of(stage, service) as connection:
        return bool(await connection.fetchval("select exists(select from outbox)"))


async def _wrong(stage: Stage, service: str, topic: str) -> list[FenceStanding]:
    """What `outagectl offsets show` shows of a topic that does not agree."""

    async def look() -> list[FenceStanding]:
        async with tables_of(stage, service) as connection:
            found = await standings(connection, stage.city.reader, Where(), [service])
        return [one for one in found if one.topic == topic and disagrees(one)]

    return await _patiently(look)


async def _patiently(do: Callable[[], Awaitable[T]]) -> T:
    """Until database and Kafka are there for it."""
    while True:
        try:
            return await do()
        except (*AWAY, Away):
            await asyncio.sleep(AGAIN_SECONDS)
