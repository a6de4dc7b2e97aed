"""While a large event is handled the other tasks have their turn: nothing large is done twice in one step of the loop."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, ExtentChanged
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Decision, Event, Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.pauses import STEP_BYTES
from services.kernel.writing import inbox, ingest
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Toy

LARGE = Extent(usage_points=tuple(f"usage-point-{number:028}" for number in range(17_000)))  # about 750 kB of JSON


class Turns:
    """A task that does nothing but have its turn: in which of them something was done tells steps of the loop apart."""

    def __init__(self) -> None:
        self.number = 0
        self.done: list[tuple[str, int]] = []
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)

    def note(self, what: str) -> None:
        """Something was done in this turn."""
        self.done.append((what, self.number))

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


class NotingKettle(KettleDecider):
    """A kettle that notes in which turn it is asked what."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def evolve(self, state: Kettle, event: Event) -> Kettle:
        self._turns.note("evolve")
        return super().evolve(state, event)

    def decide(self, state: Kettle, facts: Any, message: Message, now: datetime) -> Decision:
        self._turns.note("decide")
        return super().decide(state, facts, message, now)

    def view(self, state: Kettle) -> dict[str, Any]:
        self._turns.note("view")
        return super().view(state)


class PreparingToy(Toy):
    """A service whose events are prepared in three steps."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns
        decider: Mapping[str, Any] = {"outage": NotingKettle(turns)}
        self.deciders = dict(decider)

    def prepare(self, known: object) -> Iterator[None]:
        if isinstance(known, ExtentChanged):
            for _ in range(3):
                self._turns.note("prepare")
                yield


async def handled(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, int]]:
    """What was done in which turn while these events were taken together, then again by a process with nothing remembered."""
    turns = Turns()
    plain, prints = ingest.from_kafka, inbox.fingerprint
    monkeypatch.setattr(ingest, "from_kafka", lambda *given: (turns.note("read"), plain(*given))[1])
    monkeypatch.setattr(inbox, "fingerprint", lambda *given: (turns.note("digest"), prints(*given))[1])
    for again in range(2):
        transaction = Transaction(PreparingToy(turns), pool, Telemetry("toy"))
        await transaction.start()
        records = [tell(broker, kind, data, id=f"{again}-{at}") for at, (kind, data) in enumerate(events)]
        clock.advance(timedelta(seconds=1))
        taken = await Ingest(transaction, broker, clock).take(records)
        assert [outcome.outcome for outcome in taken.outcomes] == ["appended"] * len(events)
    await turns.stop()
    return turns.done


async def test_no_two_things_are_done_with_large_events_in_one_step(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [
        ("extent.changed.v1", ExtentChanged(mrid=f"F-{number}", changed_at=START, extent=LARGE)) for number in range(3)
    ]
    done = await handled(pool, broker, clock, large, monkeypatch)
    count = {what: sum(1 for one, _ in done if one == what) for what, _ in done}
    assert count == {"read": 6, "digest": 6, "prepare": 3 * 9, "decide": 6, "evolve": 9, "view": 6}
    turns = [turn for _, turn in done]
    assert len(set(turns)) == len(turns), done


class ManyWords(NotingKettle):
    """A kettle that has a thousand words for each fact."""

    def decide(self, state: Kettle, facts: Any, message: Message, now: datetime) -> Decision:
        (said,) = super().decide(state, facts, message, now).events
        return Decision("recorded", (said,) * 1_000)


async def test_a_thousand_words_are_not_decided_folded_and_shown_in_one_step(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock
) -> None:
    turns = Turns()
    service = PreparingToy(turns)
    service.deciders = {"outage": ManyWords(turns)}
    transaction = Transaction(service, pool, Telemetry("toy"))
    await transaction.start()
    said = CrewStatus(mrid="F-1", at=START, crew_status="enroute")
    taken = await Ingest(transaction, broker, clock).take([tell(broker, "crew.status.v1", said, id="1")])
    await turns.stop()
    assert taken.appended == 1_000
    steps = {what: {turn for one, turn in turns.done if one == what} for what, _ in turns.done}
    assert set(steps) == {"decide", "evolve", "view"}
    assert all(len(found) == 1 for found in steps.values())
    assert len({turn for found in steps.values() for turn in found}) == 3


async def test_small_events_are_not_held_up_by_pauses(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = [
        ("crew.status.v1", CrewStatus(mrid=f"F-{number}", at=START, crew_status="enroute")) for number in range(100)
    ]
    assert sum(len(repr(data)) for _, data in small) < STEP_BYTES
    done = await handled(pool, broker, clock, small, monkeypatch)
    assert len({turn for what, turn in done if what == "read"}) == 2, "one step for each batch"
    assert "prepare" not in {what for what, _ in done}
