"""Injections 33-37: the provider's list, in which an attempt is looked for, is late, ill, long, or full of what is alike."""

import asyncio
from typing import Any

import pytest

from devstack.twilio.faults import Fault
from services.notifier.sending.providers.twilio import PAGE
from tests.kits.stack.sending import Office


def answer_is_lost(office: Office, kind: Any = "created-drop", **more: Any) -> None:
    """Nobody hears what became of the newest customer's next text."""
    office.sim.break_things(Fault(kind=kind, number=office.number(), times=1, **more))


async def other_messages(office: Office, *bodies: str, to: str | None = None) -> None:
    """Another system writes to the newest customer's number, by the same account."""
    other = office.provider()
    for body in bodies:
        await other._client.messages.create_async(to=to or office.number(), body=body, from_=other.sender)


@pytest.mark.injection(33)
@pytest.mark.parametrize("lag", [0.0, 0.4, 1.6])
async def test_33_a_list_that_lags_less_than_the_quiet_time_makes_nothing_go_twice(office: Office, lag: float) -> None:
    office.sim.settings.list_lag_seconds = lag
    text = await office.text()
    answer_is_lost(office)
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=2.0)):
        await office.comes_to(text, "accepted")
    assert len(office.posts(text)) == 1


@pytest.mark.injection(34)
@pytest.mark.parametrize("kind", ["list-5xx", "list-throttle", "list-drop"])
async def test_34_a_list_that_cannot_be_had_proves_nothing(office: Office, kind: Any) -> None:
    text = await office.text()
    answer_is_lost(office)
    office.sim.break_things(Fault(kind=kind, number=office.number()))
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "unknown")
        await asyncio.sleep(0.8)
        assert (await office.row(text))["state"] == "unknown"
        office.sim.account.faults.rules.clear()
        await office.comes_to(text, "accepted")
    assert len(office.posts(text)) == 1


@pytest.mark.injection(35)
async def test_35_what_lies_behind_several_pages_is_found(office: Office) -> None:
    text = await office.text()
    answer_is_lost(office)
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await other_messages(office, *[f"Reading no. {n} of your meter" for n in range(2 * PAGE + 7)])
        async with office.at_work(office.resolver(sender, quiet=0.2)):
            await office.comes_to(text, "accepted")
    assert len(office.posts(text)) == 1


@pytest.mark.injection(36)
@pytest.mark.parametrize("made", [2, 1], ids=["both made", "one made"])
async def test_36_of_two_texts_that_are_alike_each_has_its_own_message(office: Office, made: int) -> None:
    kinds: tuple[Any, ...] = ("created-drop", "created-drop" if made == 2 else "drop")
    number = office.number_of(1)
    office.sim.break_things(*[Fault(kind=kind, number=number, times=1) for kind in kinds])
    first = await office.text()
    async with office.at_work(office.sender(at_once=1)):
        await office.comes_to(first, "unknown")
    # Not until the first is in doubt: two that wait together for one telephone go as one.
    second = await office.text()
    await office.pool.execute(
        """update notification set body = (select body from notification where message_id = $1),
        contact_id = (select contact_id from notification where message_id = $1)""",
        first,
    )
    sender = office.sender(at_once=1)
    async with office.at_work(sender):
        await office.comes_to(second, "unknown")
        async with office.at_work(office.resolver(sender, quiet=0.4)):
            for text in (first, second):
                await office.comes_to(text, "accepted")
    sids = [str((await office.row(text))["provider_sid"]) for text in (first, second)]
    assert len(set(sids)) == 2
    await office.sim.account.delivery.settled()
    assert len(office.sim.texts(number)) == 2


@pytest.mark.injection(37)
@pytest.mark.parametrize("where", ["to the same number", "the same words to another number"])
async def test_37_a_message_of_another_system_is_not_taken_for_ours(office: Office, where: str) -> None:
    text = await office.text()
    answer_is_lost(office, "drop")
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        if where == "to the same number":
            await other_messages(office, "Your meter was read today.", "Power is off in your street.")
        else:
            await other_messages(office, (await office.row(text))["body"], to="+447700900555")
        async with office.at_work(office.resolver(sender, quiet=0.3)):
            await office.comes_to(text, "accepted")
    assert [attempt["outcome"] for attempt in await office.attempts(text)] == ["not-created", "accepted"]
    assert [post.answer for post in office.posts(text)] == ["drop", "created"]
