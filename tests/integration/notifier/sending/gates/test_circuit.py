"""A fault of the provider's side never touches a contact: texts wait, and all that are of use go out once after the repair."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from devstack.twilio.faults import Fault
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.provider import circuit
from services.notifier.domain.provider.circuit import SILENT_IN_A_ROW
from tests.kits.ctl import Ctl
from tests.kits.stack import sending
from tests.kits.stack.sending import Office
from tests.kits.stack.twilio import SENDER, make_provider
from tests.kits.waiting import until

SOON = (timedelta(seconds=0.3), timedelta(seconds=0.6))
CANADA = "+1604555"


@pytest.fixture
async def office(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    # The pauses of life would make these tests wait for minutes; that they grow, and how far, is held elsewhere.
    for scope in circuit.PAUSES:
        monkeypatch.setitem(circuit.PAUSES, scope, SOON)  # type: ignore[arg-type]
    monkeypatch.setattr(circuit, "LATER", timedelta(seconds=0.3))
    async with sending.office(postgres, tmp_path) as made:
        yield made


async def opened(office: Office, scope: str) -> Any:
    """The circuit, once it is open."""
    async with asyncio.timeout(10):
        while True:
            row = await office.pool.fetchrow("select * from circuit where scope = $1 and is_open", scope)
            if row is not None:
                return row
            await asyncio.sleep(0.02)


async def closed(office: Office) -> None:
    async with asyncio.timeout(10):
        while await office.pool.fetchval("select count(*) from circuit where is_open"):
            await asyncio.sleep(0.02)


def gauge(office: Office, scope: str) -> float | None:
    registry = office.ingest.transaction.telemetry.registry
    return registry.get_sample_value("outage_provider_circuit_open", {"scope": scope})


async def nobody_charged(office: Office) -> None:
    said = await office.pool.fetch(
        "select type, data from event where type in ('message.undelivered.v1', 'contact.unreached.v1')"
    )
    assert [dict(row) for row in said] == []


@pytest.mark.parametrize(
    ("code", "status", "scope", "reason"),
    [
        (20003, 401, "account", "credentials-refused"),
        (20403, 403, "account", "access-denied"),
        (20404, 404, "account", "account-not-found"),
        (99999, 401, "account", "unlisted-code"),
        (63038, 429, "account", "daily-cap"),
        (21606, 400, "sender", "sender-not-usable"),
        (21212, 400, "sender", "sender-not-usable"),
        (21657, 400, "sender", "sender-not-usable"),
    ],
)
async def test_after_the_repair_all_texts_go_out_once_and_no_contact_was_charged(
    office: Office, code: int, status: int, scope: str, reason: str
) -> None:
    texts = [await office.text() for _ in range(12)]
    office.sim.break_things(Fault(kind="refuse", code=code, status=status))
    async with office.at_work(office.sender(at_once=4)):
        row = await opened(office, scope)
        assert (row["reason"], row["code"], row["http_status"], row["found_by"]) == (reason, code, status, "answer")
        assert row["subject"] == (SENDER if scope == "sender" else "")
        await until(lambda: gauge(office, scope) == 1)
        await asyncio.sleep(1.5)
        # What was under way when the first was refused, and then a probe at a time.
        assert 2 <= len(office.posts()) <= 4 + 5
        assert {(await office.row(text))["state"] for text in texts} <= {"ready", "sending"}
        await nobody_charged(office)
        office.sim.account.faults.rules.clear()
        for text in texts:
            await office.comes_to(text, "accepted")
        await closed(office)
        await until(lambda: gauge(office, scope) == 0)
    created = Counter(post.message_id for post in office.posts() if post.answer == "created")
    assert created == dict.fromkeys(texts, 1)
    await nobody_charged(office)


async def test_texts_behind_a_circuit_expire_by_their_own_useful_moment(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=20003))
    async with office.at_work(office.sender()):
        await opened(office, "account")
        office.clock.now_ahead = timedelta(hours=3)
        await office.comes_to(text, "expired")
    assert len(await office.log(text, "message.expired.v1")) == 1
    assert await office.log(text, "message.undelivered.v1") == []


async def test_a_countrys_fault_stops_that_country_only(office: Office) -> None:
    british = [await office.text() for _ in range(3)]
    office.prefix = CANADA + "0"
    canadian = [await office.text() for _ in range(3)]
    office.sim.break_things(*[Fault(kind="refuse", code=21408, number=f"{CANADA}0{100 + n}") for n in (4, 5, 6)])
    async with office.at_work(office.sender(at_once=1)):
        row = await opened(office, "region")
        assert (row["subject"], row["reason"]) == ("CA", "region-not-enabled")
        office.prefix = "+447700900"
        british.append(await office.text())
        for text in british:
            await office.comes_to(text, "accepted")
        assert {(await office.row(text))["state"] for text in canadian} <= {"ready", "sending"}
        office.sim.account.faults.rules.clear()
        for text in canadian:
            await office.comes_to(text, "accepted")
        await closed(office)
    await nobody_charged(office)


async def test_a_senders_fault_stops_that_sender_only(office: Office) -> None:
    await office.pool.execute(
        "insert into circuit (provider, scope, subject, is_open, reason, found_by, since, faulted_at, next_probe_at) "
        "values ('twilio', 'sender', 'OldName', true, 'sender-not-usable', 'answer', now(), now(), now() + interval '1 h')"
    )
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    assert await office.pool.fetchval("select is_open from circuit"), "nothing is proven of the other sender"


async def test_a_provider_that_cannot_be_reached_opens_the_circuit_of_the_network(
    office: Office, unused_tcp_port: int
) -> None:
    texts = [await office.text() for _ in range(SILENT_IN_A_ROW + 3)]
    sender = office.sender()
    away, sender._provider = sender._provider, make_provider(f"http://127.0.0.1:{unused_tcp_port}")
    office.exits.push_async_callback(sender._provider.close)
    async with office.at_work(sender):
        row = await opened(office, "network")
        assert row["reason"] == "not-connected"
        sender._provider = away
        for text in texts:
            await office.comes_to(text, "accepted", 20)
        await closed(office)
    await nobody_charged(office)


async def test_an_unknown_code_is_retried_once_later_and_then_it_is_the_next_contacts_turn(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=99_999, status=400, number=office.number()))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "refused")
    first, second = await office.attempts(text)
    assert second["started_at"] - first["closed_at"] >= timedelta(seconds=0.28)
    (said,) = await office.log(text, "message.undelivered.v1")
    assert (said["reason"], said["code"]) == ("unlisted-code", 99_999)
    assert await office.pool.fetchval("select count(*) from circuit") == 0


async def test_an_unknown_code_on_one_contact_while_others_succeed_is_that_contacts(office: Office) -> None:
    bad = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=99_999, status=400, number=office.number()))
    good = [await office.text() for _ in range(5)]
    async with office.at_work(office.sender()):
        for text in good:
            await office.comes_to(text, "accepted")
        await office.comes_to(bad, "refused")
    assert await office.pool.fetchval("select count(*) from circuit") == 0


async def test_an_unknown_code_on_three_contacts_with_no_success_between_stops_the_provider(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No text has its second try before three contacts had their first, however slow the machine: time is put ahead for it.
    monkeypatch.setattr(circuit, "LATER", timedelta(minutes=1))
    texts = [await office.text() for _ in range(6)]
    office.sim.break_things(Fault(kind="refuse", code=99_999, status=400))
    async with office.at_work(office.sender(at_once=1)):
        row = await opened(office, "account")
        assert (row["reason"], row["code"]) == ("unlisted-code", 99_999)
        await asyncio.sleep(1.0)
        await nobody_charged(office)
        office.sim.account.faults.rules.clear()
        for text in texts:
            # Each time: a text whose probe was under way while the clock went ahead waits from that later moment on.
            office.clock.wall_ahead += timedelta(minutes=5)
            await office.comes_to(text, "accepted", 30)
        await closed(office)
    await nobody_charged(office)


def receipt(office: Office, text: str, sid: str, status: str, code: int | None = None) -> ReceiptReceived:
    return ReceiptReceived(
        provider="twilio",
        provider_sid=sid,
        status=status,
        error_code=code,
        message_id=text,
        attempt=1,
        received_at=office.clock.now(),
    )


async def test_a_senders_fault_that_comes_as_a_receipt_opens_its_circuit_and_an_arrival_closes_it(
    office: Office,
) -> None:
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
        sid = str((await office.row(text))["provider_sid"])
        await office.say("KC-01", receipt(office, text, sid, "undelivered", 30034))
        row = await opened(office, "sender")
        assert (row["reason"], row["found_by"], row["subject"]) == ("sender-not-registered", "receipt", SENDER)
        # The contact is not at fault: the same is asked for anew. Being taken proves nothing yet, arriving does.
        again = await second(office, "KC-01", text)
        await office.comes_to(again, "accepted")
        await asyncio.sleep(0.7)
        assert await office.pool.fetchval("select is_open from circuit")
        sid = str((await office.row(again))["provider_sid"])
        await office.say("KC-01", receipt(office, again, sid, "delivered"))
        await closed(office)
    contacts = await office.pool.fetch("select distinct contact_id from notification")
    assert len(contacts) == 1


async def second(office: Office, customer: str, first: str) -> str:
    async with asyncio.timeout(5):
        while True:
            found = await office.pool.fetchval(
                "select message_id from notification where customer_id = $1 and message_id <> $2", customer, first
            )
            if found is not None:
                return str(found)
            await asyncio.sleep(0.02)


async def test_status_says_what_is_at_fault_and_what_waits(
    office: Office, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    await office.text()
    office.sim.break_things(Fault(kind="refuse", code=20003))
    async with office.at_work(office.sender()):
        await opened(office, "account")
        await asyncio.sleep(0.3)
    code, said, _ = await ctl.said("sending", "status")
    assert code == 0
    assert "HELD by the provider" in said
    assert "The provider refuses our account: credentials-refused (code 20003, HTTP 401), since" in said
    critical, key, *_ = await ctl.json("sending", "status")
    assert critical["heldBy"][0]["reason"] == "credentials-refused"
    assert key["waiting"] + key["underWay"] == 1


async def test_waiting_texts_are_counted_by_lane(office: Office) -> None:
    for _ in range(3):
        await office.text()
    office.sim.break_things(Fault(kind="refuse", code=20003))
    registry = office.ingest.transaction.telemetry.registry
    async with office.at_work(office.sender()):
        await opened(office, "account")
        await until(lambda: registry.get_sample_value("outage_texts_waiting", {"lane": "key"}) in (2, 3))
        assert registry.get_sample_value("outage_texts_requested_total", {"lane": "key"}) == 3
