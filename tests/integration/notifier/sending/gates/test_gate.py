"""No text goes before all is read that was sent while sending, or the reading, paused."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.cloudevent import CloudEvent, to_kafka
from services.kernel.adapters.kafka import KafkaError
from services.kernel.model import Record
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.rounds import DeadlineRounds
from services.kernel.writing.timers import Timers
from services.notifier.app import Notifier
from services.notifier.fanning.worker import FanoutWorker
from services.notifier.sending.gates import caught_up as gate_module
from services.notifier.sending.gates import reading_up
from services.notifier.sending.gates.caught_up import CaughtUpGate
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.sending import Office, power_back


class Assignments:
    """How often partitions were shared out."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        return self.count


def broker_of(office: Office) -> PaperBroker:
    broker = office.ingest._broker
    assert isinstance(broker, PaperBroker)
    return broker


def gate_of(office: Office, assignments: Assignments | None = None, broker: Any = None) -> CaughtUpGate:
    service, registry = office.ingest.service, office.ingest.transaction.telemetry.registry
    given = broker or broker_of(office)
    return CaughtUpGate(
        office.pool, given, service.inputs, service.feeds, office.clock, assignments or Assignments(), registry
    )


def back(office: Office, customer: str) -> Record:
    """Put on the topic, on a partition of its own, that power is back for the customer."""
    now = office.clock.now()
    word = power_back(customer, now)
    event = CloudEvent(
        source="/outage/notifier", id=f"back-{customer}", type="customer.touched.v1", time=now, data=word
    )
    message = to_kafka(event, "outage.audience")
    return broker_of(office).put("outage.audience", 1, customer, dict(message.headers), message.value, now)


def fanner_of(office: Office) -> FanoutWorker:
    """Whoever makes the words to ourselves: the registry's changes wait for it."""
    service, registry = office.ingest.service, office.ingest.transaction.telemetry.registry
    assert isinstance(service, Notifier)
    return FanoutWorker(office.ingest, office.pool, office.clock, service.fan, registry)


async def opens(gate: CaughtUpGate, seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not gate.is_open:
            await asyncio.sleep(0.02)


async def test_at_a_start_a_text_waits_for_what_lies_unread_and_is_withdrawn_by_it(office: Office) -> None:
    old = await office.text()
    unread = back(office, "KC-01")
    gate = gate_of(office)
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await asyncio.sleep(1.0)
        assert (gate.why, office.posts()) == ("starting", [])
        await office.ingest.take([unread])
        await opens(gate)
        await asyncio.sleep(0.5)
        assert office.posts() == [], "power was back before anything could be said of it"
        assert (await office.row(old))["state"] == "suppressed"
        new = await office.text()
        await office.comes_to(new, "accepted")


async def test_where_nothing_lies_unread_texts_go_at_once(office: Office) -> None:
    text = await office.text()
    gate = gate_of(office)
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await office.comes_to(text, "accepted")


async def test_an_open_gate_lets_texts_go_while_new_facts_come_in(office: Office) -> None:
    gate = gate_of(office)
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await opens(gate)
        back(office, "KC-99")
        await office.comes_to(await office.text(), "accepted")


async def test_partitions_shared_out_anew_shut_it_until_their_records_are_read(office: Office) -> None:
    shared = Assignments()
    gate = gate_of(office, shared)
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await opens(gate)
        unread = back(office, "KC-01")
        shared.count += 1
        text = await office.text()
        await asyncio.sleep(1.0)
        assert (gate.why, office.posts()) == ("partitions-shared-out-anew", [])
        assert office.ingest.transaction.telemetry.registry.get_sample_value("outage_sending_gate_shut") == 1
        await office.ingest.take([unread])
        await opens(gate)
        await asyncio.sleep(0.3)
        assert office.posts() == []
        assert (await office.row(text))["state"] == "suppressed"


async def test_a_process_that_was_frozen_posts_nothing_that_it_had_claimed_before(office: Office) -> None:
    gate = gate_of(office)
    async with office.at_work(gate, fanner_of(office)):
        await opens(gate)
        claimed_at = office.clock.monotonic()
        assert gate.allows(claimed_at)
        # As after SIGCONT: the clock has gone on, and whoever was about to write asks before anybody else runs.
        gate._beat -= gate_module.FROZEN_SECONDS + 0.1
        assert not gate.allows(claimed_at)
        assert gate.why == "process-was-frozen"
        await opens(gate)
        assert not gate.allows(claimed_at), "what came meanwhile may say otherwise: it is claimed again"
        assert gate.allows(office.clock.monotonic())


class HalfAwake(PaperBroker):
    """A broker that does not show all its topics yet."""

    shown = False

    async def partitions(self, topics: Any) -> Any:
        found = await super().partitions(topics)
        return found if self.shown else [place for place in found if place[0] == "outage.dispatch"]


async def test_topics_that_the_broker_does_not_show_yet_are_not_taken_for_read(office: Office) -> None:
    broker = HalfAwake()
    gate = gate_of(office, broker=broker)
    text = await office.text()
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await asyncio.sleep(1.0)
        assert (gate.why, office.posts()) == ("starting", [])
        broker.shown = True
        await office.comes_to(text, "accepted")


class Silent(PaperBroker):
    """A broker that can be away."""

    away = False

    async def ends(self, places: Any) -> Any:
        if self.away:
            raise KafkaError("nobody answers")
        return await super().ends(places)


async def test_a_broker_that_was_silent_shuts_it_until_all_is_read_that_it_then_has(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_up, "ASK_SECONDS", 0.2)
    monkeypatch.setattr(gate_module, "BEHIND_SECONDS", 1.0)
    broker = Silent()
    gate = gate_of(office, broker=broker)
    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await opens(gate)
        broker.away = True
        async with asyncio.timeout(10):
            while gate.why != "broker-was-silent":
                await asyncio.sleep(0.05)
        text = await office.text()
        await asyncio.sleep(0.5)
        assert office.posts() == []
        broker.away = False
        await office.comes_to(text, "accepted")


async def test_what_a_deadline_asks_for_unproven_while_kafka_is_away_is_not_posted_and_falls_with_the_fact_that_lay_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spoken time passes while Kafka is away; that power is back lies there, unread."""
    monkeypatch.setattr(reading_up, "ASK_SECONDS", 0.2)
    monkeypatch.setattr(gate_module, "BEHIND_SECONDS", 1.0)
    service, clock = office.ingest.service, office.clock
    broker = office.ingest._broker = Silent()
    places = [(topic, number) for topic in service.inputs for number in range(broker.partition_count)]
    await office.ingest.assigned(places)
    gate = gate_of(office)
    timers = Timers(office.ingest.transaction, clock, grace=0.0)
    marks = MarkRaiser(service, office.ingest, office.pool, broker, clock, lambda: places)
    rounds = DeadlineRounds(marks, timers, office.pool, clock, lambda: places, pause=0.05)

    async def asked() -> list[tuple[str, str]]:
        rows = await office.pool.fetch("select trigger, state from notification order by requested_at, message_id")
        return [(row["trigger"], row["state"]) for row in rows]

    async def come_to(wanted: list[tuple[str, str]]) -> None:
        async with asyncio.timeout(20):
            while (found := await asked()) != wanted:
                await asyncio.sleep(0.05)
        assert found == wanted

    async with office.at_work(office.sender(gate=gate), gate, fanner_of(office)):
        await office.comes_to(await office.text(), "accepted")
        unread = back(office, "KC-01")
        broker.away = True
        async with asyncio.timeout(10):
            while gate.why != "broker-was-silent":
                await asyncio.sleep(0.05)
        clock.now_ahead += timedelta(hours=2, minutes=16)
        for _ in range(3):
            await rounds.once()
            await asyncio.sleep(0.05)
        assert await asked() == [("fault", "accepted"), ("ert-overdue", "ready")]
        await asyncio.sleep(1.0)
        assert len(office.posts()) == 1, "later than we said: true as far as anybody knew, and Kafka knew better"
        broker.away = False
        await office.ingest.take([unread])
        await opens(gate)
        await come_to([("fault", "accepted"), ("ert-overdue", "suppressed")])
        clock.now_ahead += timedelta(minutes=1)  # the end settles, and everything is known
        await rounds.once()
        await come_to([("fault", "accepted"), ("ert-overdue", "suppressed"), ("restored", "accepted")])
    assert len(office.posts()) == 2
