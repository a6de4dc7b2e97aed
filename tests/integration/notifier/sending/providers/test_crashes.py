"""Killed at every step between two providers: a text goes once, whoever sends it in the end."""

from collections import Counter

import pytest

from devstack.twilio.faults import Fault
from services.notifier.sending.routing import orphans
from tests.kits.stack.two_providers import Pair, gives_up, works

REFUSED = Fault(kind="refuse", code=20003, status=401)


@pytest.mark.parametrize(
    "step",
    [
        "claimed:1",
        "may-write:1",
        "may-write:2",
        "posted:1",
        "claimed:2",
        "may-write:3",
        "may-write:4",
        "posted:2",
        "reports-heard:1",
    ],
)
async def test_killed_while_an_account_at_fault_hands_over_a_text_goes_once(pair: Pair, step: str) -> None:
    office = pair.office
    text = await office.text()
    office.sim.break_things(REFUSED)
    await pair.dies_at(step)
    async with pair.at_work():
        await office.comes_to(text, "delivered", 30)
        await pair.settled()
    assert [one.message_id for one in pair.handsets()] == [text]
    twilio, gateway = pair.posts(text)
    assert {one.answer for one in twilio} <= {"refuse"}
    assert [one.answer for one in gateway].count("created") == 1


@pytest.mark.parametrize("step", ["posted:1", "looked-up:1"])
async def test_killed_while_nobody_knows_of_a_text_it_stays_with_its_provider(pair: Pair, step: str) -> None:
    office = pair.office
    text = await office.text(importance="special")
    office.sim.break_things(Fault(kind="created-drop", times=1), REFUSED)
    await pair.dies_at(step)
    async with pair.at_work():
        await office.comes_to(text, "accepted", 30)
        await pair.settled()
    assert [one.message_id for one in pair.handsets()] == [text]
    assert pair.posts(text)[1] == []


async def test_killed_as_texts_go_over_each_goes_once(pair: Pair) -> None:
    office = pair.office
    texts = [await office.text() for _ in range(8)]
    office.sim.break_things(REFUSED)
    await pair.dies_at("released:1", seconds=6, surely=False)
    async with pair.at_work():
        for text in texts:
            await office.comes_to(text, "delivered", 30)
        await pair.settled()
    assert sorted(one.message_id or "" for one in pair.handsets()) == sorted(texts)


@pytest.mark.parametrize("step", ["gone-on:1", "claimed:2", "posted:2"])
async def test_killed_as_the_policys_rule_is_used_it_is_used_once(pair: Pair, step: str) -> None:
    office = pair.office
    text = await office.text(importance="special")
    office.sim.break_things(Fault(kind="created-drop"), Fault(kind="list-5xx"))
    await pair.dies_at(step, after=0.5)
    async with pair.at_work():
        await office.comes_to(text, "delivered", 30)
        await pair.settled()
    assert len(await office.log(text, "text.goes-on.v1")) == 1
    twilio, gateway = pair.posts(text)
    assert ([one.answer for one in twilio], [one.answer for one in gateway]) == (["created-drop"], ["created"])


@pytest.mark.parametrize("step", ["attempt-given-up:2", "giving-up-said:2"])
async def test_killed_between_claim_and_answer_and_then_while_its_provider_is_given_up_each_ends_once(
    pair: Pair, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "LOOK_SECONDS", 0.1)
    office = pair.office
    texts = [await office.text() for _ in range(3)]
    office.sim.break_things(Fault(kind="created-drop"), Fault(kind="list-5xx"), Fault(kind="callback-lost"))
    await pair.dies_at("posted:3")  # Twilio has them, and nobody heard so
    await pair.dies_at(step, alone=True)  # its settings were taken away; in the middle of the walk
    gateway = pair.providers()[1]
    tools = (office.ingest, office.pool, office.clock)
    async with office.at_work(*works(*tools, [gateway]), gives_up(*tools, gateway)):
        for text in texts:
            await office.comes_to(text, "refused", 20)
    for text in texts:
        (said,) = await office.log(text, "message.undelivered.v1")
        assert said["reason"] == "provider-gone"
        assert pair.posts(text)[1] == [], "nobody sends it again to who may have it"
    called = await office.pool.fetchval("select count(*) from event where type = 'contact.unreached.v1'")
    assert called == len(texts), "of each somebody is called, once"
    office.sim.account.faults.rules.clear()
    await pair.settled()
    async with pair.at_work():
        for text in texts:
            await office.comes_to(text, "delivered", 20)
    assert Counter(one.message_id for one in pair.handsets()) == dict.fromkeys(texts, 1)
