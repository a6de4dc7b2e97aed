"""Injection 58 with two providers: both are away for half an hour, then back. Each text goes by one of them, or not at all."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider import circuit
from services.notifier.sending.routing import router as routes
from tests.kits.stack.injecting import invariants
from tests.kits.stack.injecting.crowd import lose_power
from tests.kits.stack.two_providers import Pair
from tests.kits.stack.two_providers import pair as two_providers
from tests.kits.waiting import until

HOUR = timedelta(hours=1)
SOON = (timedelta(seconds=0.3), timedelta(seconds=0.6))
COUNT = 20


@pytest.fixture
async def pair(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    """Both, whose circuits are probed soon; the five statements hold of both together when the test is over."""
    for scope in circuit.PAUSES:
        monkeypatch.setitem(circuit.PAUSES, scope, SOON)
    monkeypatch.setattr(routes, "STAYS", timedelta(seconds=1))
    monkeypatch.setattr(routes, "LOOK_SECONDS", 0.1)
    async with two_providers(postgres, tmp_path) as made:
        office, gateway = made.office, made.gateway.account.book
        await invariants.watch(office.pool)
        yield made
        messages = [(one.msg_id, one.cust_id.rpartition(".")[0]) for one in gateway.all()]
        messages += [(one.sid, one.message_id) for one in office.sim.account.book.all()]
        posts = [*office.posts(), *gateway.posts]
        seen = await invariants.look(office.pool, posts, messages, office.clock.now())
        assert invariants.broken(seen) == []


@pytest.mark.injection(58)
async def test_58_with_both_providers_away_texts_wait_and_each_goes_once_by_one_of_them(pair: Pair) -> None:
    office = pair.office
    brief = await lose_power(office, [f"KC-{number:03}" for number in range(COUNT)], ert=HOUR / 4)
    lasting = await lose_power(office, [f"KD-{number:03}" for number in range(COUNT)], ert=2 * HOUR)
    office.sim.break_things(Fault(kind="5xx", status=503), Fault(kind="list-5xx"))
    pair.gateway.break_things(Fault(kind="5xx", status=503), Fault(kind="list-5xx"))
    async with pair.at_work():
        opened = "select count(distinct provider) from circuit where is_open"

        async def both_stand() -> bool:
            return await office.pool.fetchval(opened) == 2

        await until(both_stand, 20, "both circuits to open")
        office.clock.now_ahead = HOUR / 2
        over = "select count(*) from notification where message_id = any($1::text[]) and state in ('ready', 'sending')"

        async def none_waits() -> bool:
            return await office.pool.fetchval(over, brief) == 0

        await until(none_waits, 30, "what is of no use to end")
        assert pair.handsets() == []
        office.sim.account.faults.rules.clear()
        pair.gateway.account.faults.rules.clear()
        gone = "select count(*) from notification where message_id = any($1::text[]) and provider_sid is not null"

        async def all_went() -> bool:
            return await office.pool.fetchval(gone, lasting) == COUNT

        await until(all_went, 30, "what is of use to go")
        doubt = "select count(*) from notification where state = 'unknown'"

        async def all_is_known() -> bool:
            return await office.pool.fetchval(doubt) == 0

        await until(all_is_known, 30, "verdicts")
        # Of what was in doubt and is of no use, too, once it is freed.
        await until(none_waits, 30, "the end of what was in doubt")
        await pair.settled()
    arrived = Counter(one.message_id for one in pair.handsets())
    assert max(arrived.values()) == 1
    assert arrived.keys() >= set(lasting)
    assert arrived.keys() & set(brief) == set()
