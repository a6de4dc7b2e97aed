"""Somebody spoke with a customer: the command puts it on record, on real tables, and the conversation knows."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.kits.ctl import Ctl
from tests.kits.stack.fanout import Town, out, resident, town


@pytest.fixture
async def city(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        monkeypatch.setenv("OUTAGE_OPERATOR", "li")
        yield made


async def test_a_call_is_recorded_once_with_who_made_it(city: Town, ctl: Ctl) -> None:
    desks = await city.process()
    await city.say(desks, resident("ward", contacts=()), out())
    await city.settle(desks)
    confirm = ctl.of("confirm")
    code, text = await confirm.run("ward", "--how", "call", "--by", "林涛")
    assert code == 0, text
    assert "林涛" in text
    said = json.loads(await city.pool.fetchval("select data from event where type = 'contact.confirmed.v1'"))
    assert (said["how"], said["by"], said["contactId"]) == ("call", "林涛", "unlisted")
    assert await city.pool.fetchval("select topic from outbox where type = 'contact.confirmed.v1'") == "outage.messages"
    again = await confirm.json("ward")
    assert again["reason"] == "confirmed-before"
    assert await city.pool.fetchval("select count(*) from event where type = 'contact.confirmed.v1'") == 1
    assert not any((await city.faults()).values())


async def test_nobody_confirms_what_there_is_not_and_no_number_goes_on_record(city: Town, ctl: Ctl) -> None:
    desks = await city.process()
    await city.say(desks, resident("shop"))
    code, text = await ctl.run("confirm", "nobody")
    assert (code, "no customer of that id" in text) == (1, True), text
    code, text = await ctl.run("confirm", "shop")
    assert (code, "nothing is announced" in text) == (1, True), text
    code, text = await ctl.run("confirm", "shop", "--by", "+447700900001")
    assert (code, "+447700900001" in text) == (2, False), text
    assert await city.pool.fetchval("select count(*) from stream where stream_id = 'customer/nobody'") == 0
