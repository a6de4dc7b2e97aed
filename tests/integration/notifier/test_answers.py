"""Whose text an answer is to, on a real PostgreSQL: numbers are known by their blind index alone."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Message, Routed
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import Desks, Town, out, resident, town

TOLD = "update notification set state = 'delivered', trigger = 'restored', requested_at = $2, ref = $3 where customer_id = $1"


class Answers:
    """A town in which some were told that power is back."""

    def __init__(self, here: Town, desks: Desks) -> None:
        self.here, self.desks = here, desks

    async def told(self, customer: str, when: datetime, ref: str, number: str) -> None:
        async with self.here.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "insert into customer_key (customer_id, wrapped_key, made_at) values ($1, '', $2) on conflict do nothing",
                customer,
                when,
            )
            await connection.execute(
                "insert into contact_vault (contact_id, customer_id, sealed, blind_index, put_at) values ($1, $2, '', $3, $4)",
                f"{customer}-duty",
                customer,
                number,
                when,
            )
            await connection.execute(TOLD, customer, when, ref)

    async def routed(self, body: str, number: str = "ix", when: datetime = at(5, 14)) -> Routed:  # noqa: B008 - an instant
        text = InboundReceived(provider="twilio", provider_sid="SM1", from_index=number, body=body, received_at=when)
        message = Message("/twilio", "1", "inbound.received.v1", when, text, "SM1", 0)
        async with self.here.pool.acquire() as connection:
            return await self.desks.service.route(connection, message)


@pytest.fixture
async def answers(postgres: str) -> AsyncIterator[Answers]:
    async with town(postgres) as here:
        desks = await here.process()
        await here.say(desks, resident("hospital"), resident("works"))
        await here.say(desks, out())
        await here.settle(desks)
        made = Answers(here, desks)
        await made.told("hospital", at(5, 13, 40), "K7M2", "ix")
        await made.told("works", at(5, 13, 50), "P3Q4", "ix")
        yield made


async def test_of_two_sites_with_one_number_the_one_told_last_is_meant_unless_the_other_is_named(
    answers: Answers,
) -> None:
    assert (await answers.routed("没电")).stream == "customer/works"
    assert (await answers.routed("没电 k7m2")).stream == "customer/hospital"


async def test_a_number_that_nobody_has_or_words_that_deny_nothing_are_noted(answers: Answers) -> None:
    assert await answers.routed("没电", number="other") == Routed(None, "inbound-text-noted")
    assert await answers.routed("谢谢") == Routed(None, "inbound-text-noted")
    assert await answers.routed("没电", when=at(6, 15)) == Routed(None, "inbound-text-noted"), "a day later"
