"""Two providers side by side, on real sockets: each text by one of them, and by the other only where it is known unsent."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from devstack.twilio.faults import Fault
from services.notifier.sending.reconciling.reconciler import Reconciler
from services.notifier.sending.recorder import SQL as SENDING
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.routing import orphans
from services.notifier.sending.routing import router as routes
from services.notifier.sending.routing.orphans import Orphans
from tests.kits.stack.two_providers import GATEWAY_FIRST, Pair, works
from tests.kits.waiting import until

REFUSED = Fault(kind="refuse", code=20003, status=401)


async def test_a_text_by_the_gateway_is_accepted_reported_and_its_row_says_who_has_it(pair: Pair) -> None:
    text = await pair.office.text()
    async with pair.at_work(countries=GATEWAY_FIRST):
        await pair.office.comes_to(text, "delivered")
    row, (attempt,) = await pair.office.row(text), await pair.office.attempts(text)
    assert row["provider"] == row["carrier"] == attempt["provider"] == "sms-gateway"
    assert row["provider_sid"] == attempt["provider_sid"] == pair.handsets()[0].sid
    (said,) = await pair.office.log(text, "message.accepted.v1")
    assert said["provider"] == "sms-gateway"
    assert len(pair.handsets()) == 1


async def test_texts_are_shared_by_weight_and_each_goes_once(pair: Pair) -> None:
    texts = [await pair.office.text() for _ in range(30)]
    half = "[default.providers.twilio]\n[default.providers.sms-gateway]\n"
    async with pair.at_work(countries=half):
        async with asyncio.timeout(20):
            while len(pair.handsets()) < len(texts):
                await asyncio.sleep(0.05)
        await pair.settled()
    assert Counter(one.message_id for one in pair.handsets()) == dict.fromkeys(texts, 1)
    assert {(await pair.office.row(text))["provider"] for text in texts} == {"twilio", "sms-gateway"}


async def test_what_an_account_at_fault_refuses_goes_by_the_other_provider_and_back_after_the_repair(
    pair: Pair,
) -> None:
    office = pair.office
    office.sim.break_things(REFUSED)
    texts = [await office.text() for _ in range(12)]
    async with pair.at_work():
        for text in texts:
            await office.comes_to(text, "delivered", 20)
        assert Counter(one.message_id for one in pair.handsets()) == dict.fromkeys(texts, 1)
        assert all(one.sid.startswith("gw:") for one in pair.handsets())
        office.sim.account.faults.rules.clear()
        # Texts that the gateway holds up are there to probe Twilio with: the circuit closes without anybody's doing.
        pair.gateway.break_things(Fault(kind="throttle", seconds=1))
        later = [await office.text() for _ in range(3)]
        async with asyncio.timeout(20):
            while await office.pool.fetchval("select count(*) from circuit where is_open and provider = 'twilio'"):
                await asyncio.sleep(0.05)
        pair.gateway.account.faults.rules.clear()
        for text in later:
            await until(lambda text=text: pair.posts(text) != ([], []))
        newest = await office.text()
        await office.comes_to(newest, "accepted", 20)
        await pair.settled()
    assert pair.posts(newest)[1] == []
    assert max(Counter(one.message_id for one in pair.handsets()).values()) == 1
    charged = await office.pool.fetchval(
        "select count(*) from event where type in ('message.undelivered.v1', 'contact.unreached.v1')"
    )
    assert charged == 0


async def test_a_text_of_which_nobody_knows_is_not_sent_by_the_other_provider(pair: Pair) -> None:
    office = pair.office
    text = await office.text(importance="special")
    office.sim.break_things(Fault(kind="created-drop", times=1), REFUSED, Fault(kind="list-5xx"))
    async with pair.at_work():
        await office.comes_to(text, "unknown")
        # Twilio's circuit opens, its list does not answer, and the gateway would take it.
        other = await office.text()
        await office.comes_to(other, "delivered", 20)
        await asyncio.sleep(2.0)
        assert (await office.row(text))["state"] == "unknown"
        assert pair.posts(text)[1] == []
        office.sim.account.faults.rules.clear()
        await office.comes_to(text, "accepted", 20)
        await pair.settled()
    assert Counter(one.message_id for one in pair.handsets()) == {text: 1, other: 1}


async def test_what_the_list_shows_was_never_made_may_go_by_the_other(pair: Pair) -> None:
    office = pair.office
    text = await office.text()
    office.sim.break_things(Fault(kind="drop", times=1), REFUSED)
    async with pair.at_work():
        await office.comes_to(text, "delivered", 20)
    first, *_, last = await office.attempts(text)
    assert (first["provider"], first["outcome"], last["provider"]) == ("twilio", "not-created", "sms-gateway")
    assert len(pair.handsets()) == 1


async def test_a_country_that_one_provider_does_not_carry_goes_by_the_other_alone(pair: Pair) -> None:
    office = pair.office
    office.sim.break_things(Fault(kind="refuse", code=21408, status=400))
    texts = [await office.text() for _ in range(3)]
    async with pair.at_work():
        for text in texts:
            await office.comes_to(text, "delivered", 20)
    faults = await office.pool.fetch("select provider, scope, subject from circuit where is_open")
    assert [tuple(one) for one in faults] == [("twilio", "region", "GB")]
    assert Counter(one.message_id for one in pair.handsets()) == dict.fromkeys(texts, 1)


async def test_texts_given_to_a_provider_whose_settings_are_gone_go_by_another(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await pair.office.text()
    await pair.office.pool.execute(
        "update notification set carrier = 'another', routed_at = $1", pair.office.clock.wall() - timedelta(minutes=2)
    )
    monkeypatch.setattr(routes, "STRANDED", timedelta(seconds=1))
    async with pair.at_work():
        await pair.office.comes_to(text, "accepted", 20)
    assert len(pair.posts(text)[0]) == 1


async def test_an_attempt_whose_provider_was_taken_away_comes_to_an_end_and_is_a_task_until_it_is_asked_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = pair.office
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", times=1), Fault(kind="list-5xx"), Fault(kind="callback-lost"))
    async with pair.at_work():
        await office.comes_to(text, "unknown")
    monkeypatch.setattr(orphans, "LOOK_SECONDS", 0.1)
    _, gateway = pair.providers()
    tools = (office.ingest, office.pool, office.clock)
    recorder = Recorder(office.ingest, office.pool, gateway.name, office.clock)
    left = Orphans(office.pool, recorder, office.clock, [gateway.name], after=timedelta(seconds=3))
    with capture_logs() as logged:
        async with office.at_work(left):
            await until(lambda: any("their provider is not set up" in one["event"] for one in logged), 20)
    async with office.at_work(*works(*tools, [gateway]), left):
        assert (await office.row(text))["state"] == "unknown", "whoever took them out by mistake has time"
        await office.comes_to(text, "refused", 20)
        (said,) = await office.log(text, "message.undelivered.v1")
        assert said["reason"] == "provider-gone"
        (cause,) = await office.pool.fetch("select * from standing_cause where kind = 'provider-gone'")
        assert (cause["about"], cause["customer_id"]) == ("twilio", "KC-01")
        assert pair.posts(text)[1] == [], "nobody sends it again to who may have it"
    office.sim.account.faults.rules.clear()
    await pair.settled()
    async with pair.at_work():
        await office.comes_to(text, "delivered", 20)
    assert await office.pool.fetch("select * from standing_cause where kind = 'provider-gone'") == []
    assert [one.message_id for one in pair.handsets()] == [text]


async def test_a_gateway_without_reports_is_not_waited_for_and_not_asked(pair: Pair) -> None:
    office = pair.office
    conversations: Any = office.ingest.transaction.service.deciders["customer"]
    conversations._silent = frozenset({"sms-gateway"})
    text = await office.text()
    async with pair.at_work(countries=GATEWAY_FIRST):
        await office.comes_to(text, "accepted")
    (said,) = await office.log(text, "message.accepted.v1")
    assert said["noReceipt"] == "provider-gives-none"
    assert (await office.row(text))["taken_at"] is not None
    late = office.clock.wall() + timedelta(hours=1)
    assert await office.pool.fetch(SENDING["silent"], late, "sms-gateway") == []


async def test_the_policys_rule_sends_a_critical_text_of_which_nothing_is_heard_and_says_so(pair: Pair) -> None:
    office = pair.office
    critical, key = await office.text(importance="special"), await office.text()
    office.sim.break_things(Fault(kind="created-drop"), Fault(kind="list-5xx"))
    async with pair.at_work(after=timedelta(seconds=0.5)):
        await office.comes_to(critical, "delivered", 20)
        assert (await office.row(key))["state"] == "unknown", "only the critical lane goes on"
        (said,) = await office.log(critical, "text.goes-on.v1")
        assert (said["provider"], said["attempt"], said["policy"]) == ("twilio", 1, "regime 1")
        office.sim.account.faults.rules.clear()
        # The silent one is asked once more: the customer has it twice, and a person hears of it.
        async with asyncio.timeout(20):
            while not await office.log(critical, "text.doubled.v1"):
                await asyncio.sleep(0.05)
        await office.comes_to(key, "accepted", 20)
        await pair.settled()
    assert Counter(one.message_id for one in pair.handsets()) == {critical: 2, key: 1}
    assert [one["provider"] for one in await office.attempts(critical)] == ["twilio", "sms-gateway"]
    assert await office.log(key, "text.goes-on.v1") == []


async def test_by_the_rule_a_text_that_was_never_made_arrives_once_and_its_first_attempt_is_closed(pair: Pair) -> None:
    office = pair.office
    text = await office.text(importance="special")
    office.sim.break_things(Fault(kind="drop"), Fault(kind="list-5xx"))
    async with pair.at_work(after=timedelta(seconds=0.5)):
        await office.comes_to(text, "delivered", 20)
        office.sim.account.faults.rules.clear()
        async with asyncio.timeout(20):
            while (await office.attempts(text))[0]["outcome"] != "not-created":
                await asyncio.sleep(0.05)
    assert len(pair.handsets()) == 1
    assert await office.log(text, "text.doubled.v1") == []


async def test_after_a_restore_a_text_is_found_with_whichever_provider_has_it(pair: Pair) -> None:
    office = pair.office
    before = office.clock.now()
    text = await office.text()
    async with pair.at_work(countries=GATEWAY_FIRST):
        await office.comes_to(text, "delivered")
    # The database is as it was before the text went; Twilio's resolver asks for it.
    await office.pool.execute("delete from attempt")
    await office.pool.execute(
        "update notification set state = 'ready', attempts = 0, provider = null, provider_sid = null, carrier = null, "
        "closed_at = null"
    )
    await office.pool.execute("delete from event where type in ('message.accepted.v1', 'message.delivered.v1')")
    await office.pool.execute("delete from inbox where source = '/outage/notifier/sender'")
    await office.goes_back(before)
    async with pair.at_work(restored_to=before):
        await until(lambda: len(pair.posts(text)[0]) == 0)
        async with asyncio.timeout(20):
            while (await office.row(text))["provider_sid"] is None:
                await asyncio.sleep(0.05)
    row, (attempt, *_) = await office.row(text), await office.attempts(text)
    assert row["provider"] == attempt["provider"] == "sms-gateway"
    assert len(pair.handsets()) == 1


async def test_a_walk_over_the_gateways_list_finds_nothing_amiss_and_blames_nobody_for_what_it_keeps_no_more(
    pair: Pair,
) -> None:
    office = pair.office
    old, new = await office.text(), await office.text()
    async with pair.at_work(countries=GATEWAY_FIRST):
        for text in (old, new):
            await office.comes_to(text, "delivered", 20)
    # The older one went four days ago, and the gateway knows it no more.
    await office.pool.execute(
        "update attempt set started_at = started_at - interval '4 days' where message_id = $1", old
    )
    (gone,) = [one for one in pair.gateway.account.book.all() if one.cust_id.startswith(old)]
    pair.gateway.account.book.put(msgspec.structs.replace(gone, created=gone.created - timedelta(days=4)))
    await office.pool.execute(
        "insert into reconciliation (run_id, provider, asked_at, since, state) "
        "values (gen_random_uuid(), 'sms-gateway', now(), now() - interval '8 days', 'waiting')"
    )
    gateway = pair.providers()[1]
    recorder = Recorder(office.ingest, office.pool, gateway.name, office.clock)
    made = (office.pool, [(recorder, gateway)], office.vault, office.clock, CollectorRegistry())
    walks = Reconciler(*made, is_read=lambda: True, quiet=timedelta(0), daily=timedelta(0))
    await walks.look()
    (run,) = await office.pool.fetch("select * from reconciliation")
    assert (run["state"], run["listed"], run["differences"]) == ("done", 1, 0), run["note"]
