"""Injections 56-58: a storm, a slow provider, none at all. What is urgent passes, what is of no use is dropped, nothing floods."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider import circuit
from tests.kits.stack.injecting.crowd import lose_power
from tests.kits.stack.sending import Office
from tests.kits.waiting import until

Figure = Callable[[str, object], None]
"""Has a figure shown in the table."""
HOUR = timedelta(hours=1)
SOON = (timedelta(seconds=0.3), timedelta(seconds=0.6))
FULL = (pytest.mark.full, pytest.mark.timeout(900))


def unheard(office: Office) -> None:
    """The provider calls nobody back: here nobody listens, and what it tries again and again costs more than the texts."""
    office.sim.break_things(Fault(kind="callback-lost"))


@pytest.mark.injection(56)
@pytest.mark.parametrize(
    ("events", "critical"), [(400, 20), pytest.param(20_000, 100, marks=FULL)], ids=["400", "20,000"]
)
async def test_56_the_critical_lane_passes_a_full_queue_though_it_comes_last(
    office: Office, record_property: Figure, events: int, critical: int
) -> None:
    rate = 60.0
    unheard(office)
    await lose_power(office, [f"KC-{number:05}" for number in range(events)], ert=2 * HOUR)
    async with office.at_work(office.sender(per_second=rate)):
        await until(lambda: len(office.posts()) >= 20, 20)
        texts = await lose_power(
            office, [f"LS-{number:03}" for number in range(critical)], ert=2 * HOUR, life_support=True
        )
        await until(lambda: {post.message_id for post in office.posts()} >= set(texts), 60, "the critical lane")
    asked = {
        row["message_id"]: row["requested_at"]
        for row in await office.pool.fetch(
            "select message_id, requested_at from notification where lane = 'critical' and customer_id like 'LS-%'"
        )
    }
    assert asked.keys() == set(texts)
    waited = [(post.at - asked[post.message_id]).total_seconds() for post in office.posts() if post.message_id in asked]
    p99 = quantiles(waited, n=100)[-1]
    record_property(
        "figure", f"{critical} critical texts behind {events} at {rate:.0f} a second: p99 {p99:.1f} s to POST"
    )
    assert p99 < 10
    waits = await office.pool.fetchval("select count(*) from notification where state = 'ready'")
    assert waits > 0, "the queue was full to the end"


@pytest.mark.injection(57)
@pytest.mark.parametrize(
    ("events", "seconds", "rate"), [(60, 6.0, 5.0), pytest.param(1_000, 180.0, 1.0, marks=FULL)], ids=["quick", "full"]
)
async def test_57_an_hour_of_a_slow_provider_ends_in_expiry_and_not_in_a_flood(
    office: Office, record_property: Figure, events: int, seconds: float, rate: float
) -> None:
    unheard(office)
    # An hour of the clock in so many seconds; what they tell is of use for half of it.
    first = await lose_power(office, [f"KC-{number:05}" for number in range(events)], ert=HOUR / 2)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with office.at_work(office.sender(per_second=rate)):
        while (gone := loop.time() - began) < seconds:
            office.clock.now_ahead = HOUR * gone / seconds
            await asyncio.sleep(0.05)
    slow = len(office.posts())
    record_property("figure", f"{slow} of {events} texts in an hour of {seconds:.0f} s at {rate:.0f} a second")
    assert slow <= rate * seconds + 3
    await every_first_text_is_over(office, first)
    useless = await over(office)
    # The provider is well again: whatever goes now is of use.
    async with office.at_work(office.sender(per_second=200.0)):
        await asyncio.sleep(2.0)
    late = office.posts()[slow:]
    assert [post for post in late if post.message_id in useless] == []
    assert max(Counter(post.message_id for post in office.posts()).values()) == 1


async def every_first_text_is_over(office: Office, texts: list[str]) -> None:
    """Taken, or expired; none of them waits any more."""
    async with office.at_work(office.sender(per_second=0.5)):
        # Each that ends is decided upon: its customer may be owed another word.
        await until(lambda: _none_waits(office, texts), 20 + len(texts) / 10, "their end")
    states = await states_of(office, texts)
    assert states["expired"] + states["suppressed"] > 0
    assert set(states) <= {"accepted", "sent", "delivered", "expired", "suppressed"}


async def _none_waits(office: Office, texts: list[str]) -> bool:
    states = await states_of(office, texts)
    return not states["ready"] + states["sending"] + states["unknown"]


async def states_of(office: Office, texts: list[str]) -> Counter[str]:
    """How many are in which state."""
    rows = await office.pool.fetch("select state from notification where message_id = any($1::text[])", texts)
    return Counter(row["state"] for row in rows)


async def over(office: Office) -> set[str]:
    """Texts that are of no use any more."""
    rows = await office.pool.fetch("select message_id from notification where state in ('expired', 'suppressed')")
    return {row["message_id"] for row in rows}


@pytest.mark.injection(58)
@pytest.mark.parametrize(
    ("events", "seconds"), [(60, 3.0), pytest.param(1_000, 30.0, marks=FULL)], ids=["quick", "full"]
)
async def test_58_after_half_an_hour_without_provider_what_is_of_use_goes_at_the_pace_and_nothing_else(
    office: Office, monkeypatch: pytest.MonkeyPatch, record_property: Figure, events: int, seconds: float
) -> None:
    for scope in circuit.PAUSES:
        monkeypatch.setitem(circuit.PAUSES, scope, SOON)
    unheard(office)
    rate = 20.0
    brief = await lose_power(office, [f"KC-{number:05}" for number in range(events // 2)], ert=HOUR / 4)
    lasting = await lose_power(office, [f"KD-{number:05}" for number in range(events // 2)], ert=2 * HOUR)
    office.sim.break_things(Fault(kind="5xx", status=503), Fault(kind="list-5xx"))
    sender = office.sender(per_second=rate)
    async with office.at_work(sender, office.resolver(sender, quiet=0.4)):
        await until(lambda: office.pool.fetchval("select count(*) from circuit where is_open"), 20)
        await asyncio.sleep(seconds)
        away = len(office.posts())
        office.clock.now_ahead = HOUR / 2
        await until(lambda: _only_in_doubt(office, brief), 30 + events / 10, "what is of no use to end")
        useless = await over(office)
        # As many as were under way when the circuit opened, and a probe at a time.
        assert away <= 8 * 4 + SILENT_PROBES * seconds
        office.sim.account.faults.rules.clear()
        unheard(office)
        loop = asyncio.get_running_loop()
        began, before = loop.time(), len(office.posts())
        await until(lambda: _all_gone(office, lasting), 60 + events / rate, "what is of use to go")
        took, went = loop.time() - began, len(office.posts()) - before
    record_property("figure", f"{went} texts in {took:.1f} s once the provider was back, at {rate:.0f} a second")
    assert went <= rate * (took + 1.5)
    made = Counter(post.message_id for post in office.posts() if post.answer == "created")
    assert max(made.values()) == 1
    assert made.keys() >= set(lasting)
    assert made.keys() & useless == set()


SILENT_PROBES = 8
"""Probes a second at most, by the pauses of this test."""


async def _only_in_doubt(office: Office, texts: list[str]) -> bool:
    """None waits; of those that were under way it is not known yet what became."""
    states = await states_of(office, texts)
    return not states["ready"] + states["sending"]


async def _all_gone(office: Office, texts: list[str]) -> bool:
    states = await states_of(office, texts)
    return states["accepted"] + states["sent"] + states["delivered"] == len(texts)
