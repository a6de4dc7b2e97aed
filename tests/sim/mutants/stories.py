"""Worlds with a story of their own, second by second, where chance would hardly ever have it so."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from random import Random
from typing import Any, Final
from unittest.mock import patch

from devstack.system import PARTITIONS
from schemas.contracts import audience, dispatch
from schemas.contracts.base import Extent
from services.kernel.writing.relay import Relay
from services.notifier import app
from services.notifier.domain.customer import awaited_proof
from services.notifier.fanning.pressure import TellingPressure
from services.notifier.fanning.worker import FanoutWorker
from services.notifier.sending.lane_worker import LaneWorker
from tests.sim.broker import broker
from tests.sim.broker.faults import Faults
from tests.sim.city import system
from tests.sim.city.breaking.attacks import Attack
from tests.sim.city.plan import town
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.mutants import worlds

NAME: Final = "own"
NEWS: Final = 30.0
"""So long news waits for more of it (policy, group_wait)."""
Tell = Callable[[Teller, town.Town], Sequence[Act]]


@contextmanager
def story(tell: Tell, attacks: Sequence[Attack] = ()) -> Iterator[None]:
    """In large cities nothing happens but what is told here, and these attacks."""

    def told(plan: Plan) -> Plan:
        acts = tell(Teller(Random(f"{plan.seed}/{NAME}")), town.town(plan.seed))
        acts = tuple(sorted(acts, key=lambda act: act.at))
        return dataclasses.replace(plan, parts={NAME: acts}, attacks=tuple(attacks))

    with patch.object(town, "LARGE", 1.0), worlds.other_plans(told):
        yield


def _texts_a_second(rate: float) -> AbstractContextManager[Any]:
    """A notifier sends so many texts a second."""
    values = system._values
    return patch.object(system, "_values", lambda *given: {**values(*given), "sms_per_second": rate})


def _in_turn(after: tuple[float, float]) -> Tell:
    """On each line, twice, an outage ends and another begins, so many seconds after that end, and goes on for a while."""

    def tell(teller: Teller, here: town.Town) -> Sequence[Act]:
        for again in range(2):
            for line in here.lines:
                first, other = teller.mrid("Y"), teller.mrid("Y")
                begins = 70.0 * again + teller.random.uniform(0, 3)
                ends = begins + teller.random.uniform(8, 12)
                teller.off(first, begins, here.whole(line), late=0.0)
                teller.back(first, ends, late=0.0)
                teller.off(other, ends + teller.random.uniform(*after), here.whole(line), late=0.0)
                teller.back(other, ends + 30, late=0.0)
        return teller.told

    return tell


def _settling(seconds: float) -> AbstractContextManager[Any]:
    """An end settles within so many seconds."""
    return patch.object(awaited_proof, "settling_time", lambda *_: timedelta(seconds=seconds))


@contextmanager
def one_begins_before_another_ends() -> Iterator[None]:
    """Half of the facts is handed over after four seconds, an end settles within one, and just before it another began."""
    lag = {(dispatch.TOPIC, number): 4.0 for number in range(0, PARTITIONS, 2)}
    with (
        story(_in_turn((-2.5, -0.3))),
        patch.object(broker, "Faults", lambda: Faults(lag=dict(lag))),
        _settling(1),
    ):
        yield


@contextmanager
def one_begins_while_an_end_settles() -> Iterator[None]:
    """An end settles within ten seconds, just before they are over another begins, and the relays rest before each batch."""
    publish = Relay.publish_some

    async def rested(self: Relay, connection: Any) -> bool:
        await asyncio.sleep(4)
        return await publish(self, connection)

    with story(_in_turn((8.5, 9.8))), patch.object(Relay, "publish_some", rested), _settling(10):
        yield


def _back_after(seconds: float) -> Tell:
    """All lines go off within a second, and each is back so many seconds later."""

    def tell(teller: Teller, here: town.Town) -> Sequence[Act]:
        for line in here.lines:
            mrid, begins = teller.mrid("Y"), teller.random.uniform(0, 1)
            teller.off(mrid, begins, here.whole(line), late=0.0)
            teller.back(mrid, begins + seconds, late=0.0)
        return teller.told

    return tell


def _parts_after(seconds: float) -> Tell:
    """The points of each line go off, all but one of them are back so many seconds later, and nothing more is said."""

    def tell(teller: Teller, here: town.Town) -> Sequence[Act]:
        for line in here.lines:
            points, mrid = here.points(line), teller.mrid("Y")
            teller.off(mrid, 1.0, Extent(usage_points=tuple(points)), late=0.0)
            back = Extent(usage_points=tuple(points[:-1]))
            if back.usage_points:
                said = dispatch.SupplyRestored(
                    mrid=mrid, restored_at=at(1.0 + seconds), scope="part", extent=back, evidence="crew"
                )
                teller.say(1.0 + seconds, said)
        return teller.told

    return tell


@contextmanager
def most_of_a_line_is_back() -> Iterator[None]:
    """Of those who were told that power is off some have it again, and what is left of the outage is never over."""
    with story(_parts_after(100)):
        yield


@contextmanager
def kafka_is_cut_off_while_texts_wait() -> Iterator[None]:
    """Texts wait for their turn, the notifier hears nothing of Kafka for a while, and power comes back."""
    with story(_back_after(5), [Attack(4.0, "link-cut", "notifier", 22.0, 0)]), _texts_a_second(0.4):
        yield


@contextmanager
def the_notifier_stands_still() -> Iterator[None]:
    """Texts are claimed and wait for their turn when the notifier pauses, and power comes back meanwhile.

    News is gathered for half a minute: then all texts of a lane are claimed together, as far ahead as the pace lets them.
    """
    blows = [Attack(NEWS + 1.6, "pause", "notifier", 14.0, 0)]
    with story(_back_after(NEWS + 2.0), blows), _texts_a_second(0.5):
        yield


@contextmanager
def the_notifier_dies_while_texts_wait() -> Iterator[None]:
    """Texts are claimed and wait for their turn when the notifier dies; the provider says little of those that went.

    It must die where a claim is: while news is gathered there is none, and at full pace one lasts for milliseconds.
    """
    blows = [Attack(NEWS + 1.6, "kill", "notifier", 0.0, 0)]
    with worlds.provider_says_little(), story(_back_after(NEWS + 40.0), blows), _texts_a_second(0.5):
        yield


@contextmanager
def words_come_late_while_texts_wait() -> Iterator[None]:
    """Texts wait for their turn, and what the notifier says to itself it hears after two and a half seconds."""
    lag = {(audience.TOPIC, number): 2.5 for number in range(PARTITIONS)}
    with (
        story(_back_after(2.5)),
        _texts_a_second(1),
        patch.object(broker, "Faults", lambda: Faults(lag=dict(lag))),
    ):
        yield


@contextmanager
def one_of_two_stands_still() -> Iterator[None]:
    """Each text rests between claim and post when one of two notifiers pauses; the server takes its connections for dead.

    Two that share a pace claim a text when its turn has nearly come: a blow would hardly ever fall between.
    """
    turn = LaneWorker.turn

    async def rested(self: LaneWorker) -> None:
        await asyncio.sleep(3)
        await turn(self)

    blows = [Attack(NEWS + 1.6, "pause", "notifier", 7.0, 0), Attack(NEWS + 1.8, "cut", "notifier", 0.0, 0)]
    with (
        worlds.two_workers(),
        story(_back_after(NEWS + 10.0), blows),
        _texts_a_second(2),
        patch.object(LaneWorker, "turn", rested),
    ):
        yield


def _off_again(back: float, again: float) -> Tell:
    """All lines go off within a second, are back so many seconds later, and off again so long after that."""

    def tell(teller: Teller, here: town.Town) -> Sequence[Act]:
        for line in here.lines:
            mrid, begins = teller.mrid("Y"), teller.random.uniform(0, 1)
            teller.off(mrid, begins, here.whole(line), late=0.0)
            teller.back(mrid, begins + back, late=0.0)
            reopened = at(begins + back + again)
            said = dispatch.OutageReopened(mrid=mrid, reopened_at=reopened, ert=reopened + timedelta(hours=2))
            teller.say(begins + back + again, said, late=0.0)
        return teller.told

    return tell


@contextmanager
def all_is_off_again_while_ends_wait() -> Iterator[None]:
    """Texts that power is back wait for their turn when it goes off again; the notifier hears its own words after four seconds."""
    lag = {(audience.TOPIC, number): 4.0 for number in range(PARTITIONS)}
    with (
        story(_off_again(100, 8)),
        _settling(1),
        _texts_a_second(0.5),
        patch.object(broker, "Faults", lambda: Faults(lag=dict(lag))),
    ):
        yield


@contextmanager
def all_lines_go_off_at_once() -> Iterator[None]:
    """The fan-out rests before each look, so their outages are told in one transaction; three customers at most hear in one."""
    values, look = system._values, FanoutWorker._look

    async def rested(self: FanoutWorker) -> None:
        await asyncio.sleep(2)
        await look(self)

    chunks = patch.object(system, "_values", lambda *given: {**values(*given), "fanout_chunk": 3})
    with story(_back_after(60)), chunks, patch.object(FanoutWorker, "_look", rested):
        yield


@contextmanager
def two_words_at_once_are_many() -> Iterator[None]:
    """No more than two words of a notifier may be under way, and all lines go off at once."""

    def few(*given: Any) -> TellingPressure:
        return TellingPressure(*given, at_once=2)

    with all_lines_go_off_at_once(), patch.object(app, "TellingPressure", few):
        yield
