"""Records that are no facts: each must lie in quarantine, with its reason, in every service that reads the topic."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period
from tests.sim.city.plan.acts import SOURCE, Act, Told
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

Spoil = Callable[[KafkaMessage], KafkaMessage]


def _body(change: Callable[[dict[str, Any]], object]) -> Spoil:
    def spoilt(message: KafkaMessage) -> KafkaMessage:
        data = json.loads(message.value)
        change(data)
        return message._replace(value=json.dumps(data).encode())

    return spoilt


def _bytes(value: bytes) -> Spoil:
    return lambda message: message._replace(value=value)


def _header(name: str, value: bytes | None) -> Spoil:
    def spoilt(message: KafkaMessage) -> KafkaMessage:
        others = [(key, old) for key, old in message.headers if key != name]
        return message._replace(headers=others if value is None else [*others, (name, value)])

    return spoilt


def _turned(data: dict[str, Any]) -> None:
    period = data["plannedPeriod"]
    period["start"], period["end"] = period["end"], period["start"]


SPOILT: Final[Mapping[str, tuple[str, Spoil]]] = {
    "no JSON": ("not-json", _bytes(b'{"mRID": ')),
    "no text": ("not-json", _bytes(b"\xff\xfe\x00{")),
    "nothing": ("empty-value", _bytes(b"")),
    "a list": ("wrong-type", _bytes(b"[]")),
    "no start": ("wrong-type", _body(lambda data: data.pop("startedAt", None) or data.pop("plannedPeriod"))),
    "no extent": ("wrong-type", _body(lambda data: data.pop("extent"))),
    "an extent of one word": ("wrong-type", _body(lambda data: data.update(extent="everywhere"))),
    "a class of its own": ("wrong-type", _body(lambda data: data.update(outageClass="meteor"))),
    "another outage's key": ("key-mismatch", _body(lambda data: data.update(mRID=data["mRID"] + "-other"))),
    "an unknown type": ("unknown-type", _header("ce_type", b"outage.exploded.v9")),
    "a type of another topic": ("wrong-topic", _header("ce_type", b"notice.published.v1")),
    "no id": ("missing-id", _header("ce_id", None)),
    "no source": ("missing-source", _header("ce_source", None)),
    "our own name": ("reserved-source", _header("ce_source", b"/outage/planner")),
    "no version": ("not-a-cloudevent", _header("ce_specversion", None)),
    "no time": ("bad-time", _header("ce_time", None)),
}
OF_OUTAGES: Final[Mapping[str, tuple[str, Spoil]]] = {
    "a start without zone": ("wrong-type", _body(lambda data: data.update(startedAt="2026-03-05T09:00:00"))),
    "a start in the year 225": ("wrong-type", _body(lambda data: data.update(startedAt="0225-03-05T09:00:00Z"))),
    "a start on 31 February": ("wrong-type", _body(lambda data: data.update(startedAt="2026-02-31T09:00:00Z"))),
}
OF_PLANS: Final[Mapping[str, tuple[str, Spoil]]] = {
    "an end before the start": ("wrong-type", _body(_turned)),
    "revision 0": ("wrong-type", _body(lambda data: data.update(revisionNumber=0))),
}


@dataclass(frozen=True, slots=True)
class Junk:
    """A fact that was spoilt in a way that `how` names."""

    at: float
    fact: dispatch.Fact
    how: str
    reason: str
    message: KafkaMessage

    @property
    def about(self) -> str:
        """Its outage."""
        return self.fact.mrid

    async def do(self, stage: Stage) -> None:
        """See Act."""
        await stage.hand_over(self.message)
        stage.refused.add((self.message.key, self.reason))

    def __str__(self) -> str:
        """For a person."""
        return f"a record on {self.fact.mrid} with {self.how}, which is {self.reason}"


@dataclass(frozen=True, slots=True)
class Reused:
    """Another fact under the id of one that Kafka has."""

    at: float
    first: Told
    other: dispatch.Fact

    @property
    def about(self) -> str:
        """Its outage."""
        return self.first.about

    async def do(self, stage: Stage) -> None:
        """See Act."""
        await self.first.do(stage)
        await stage.hand_over(_message(self.first.id, self.first.happens, self.other))
        stage.refused.add((self.first.fact.mrid.encode(), "same-id-other-content"))

    def __str__(self) -> str:
        """For a person."""
        return f"{self.first}; then under the same id another fact"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Starts and plans, spoilt; and an id that is used again."""
    teller = Teller(random)
    acts: list[Act] = []
    for _ in range(2 * random.randint(*town.size.times)):
        happens, planned = random.uniform(0, 12), random.random() < 1 / 3
        where, mrid = town.whole(random.choice(town.lines)), teller.mrid("J")
        fact = _plan(mrid, happens, where) if planned else _start(mrid, happens, where)
        ways = SPOILT | (OF_PLANS if planned else OF_OUTAGES)
        how = random.choice(list(ways))
        reason, spoil = ways[how]
        acts.append(Junk(happens, fact, how, reason, spoil(_message(f"{mrid}/1", happens, fact))))
    if random.random() < 1 / 2:
        mrid, happens = teller.mrid("J"), random.uniform(0, 12)
        first, other = (_start(mrid, happens, town.whole(line)) for line in (town.lines[0], f"{town.lines[0]} 2"))
        acts.append(Reused(happens, Told(happens, happens, f"{mrid}/first", first), other))
        teller.back(mrid, happens + random.uniform(4, 8))
    return [*acts, *teller.told]


def _start(mrid: str, happens: float, where: Extent) -> dispatch.Fact:
    return dispatch.OutageStarted(mrid=mrid, outage_class="fault", started_at=at(happens), extent=where)


def _plan(mrid: str, happens: float, where: Extent) -> dispatch.Fact:
    start = at(happens) + timedelta(days=20)
    return dispatch.PlannedRequested(
        mrid=mrid,
        revision_number=1,
        outage_class="planned",
        planned_period=Period(start=start, end=start + timedelta(hours=6)),
        extent=where,
        requested_at=at(happens),
    )


def _message(name: str, happens: float, fact: dispatch.Fact) -> KafkaMessage:
    event = CloudEvent(source=SOURCE, id=name, type=TYPE_OF[type(fact)], time=at(happens), data=fact)
    return to_kafka(event, dispatch.TOPIC)
