"""The HTTP gateway's provider against its simulator, over real sockets: nothing twice, nothing guessed, no report lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import (
    Accepted,
    LookupFailed,
    ProviderMessage,
    ReportBatch,
    SendRefused,
    SendRequest,
    TooLate,
    Unknown,
)
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from tests.kits.stack.sms_gateway import ANNA, BEN, CLOCK, TEXT, lost, make_gateway, request


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[SmsGatewaySimulator]:
    async with SmsGatewaySimulator(tmp_path, CLOCK) as running:
        running.settings.send_seconds = running.settings.deliver_seconds = 0.01
        yield running


@pytest.fixture
async def provider(sim: SmsGatewaySimulator) -> AsyncIterator[SmsGatewayProvider]:
    made = make_gateway(sim.url, total_seconds=1.0)
    yield made
    await made.close()


async def test_a_text_is_taken_arrives_and_is_reported_once(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider
) -> None:
    said = await provider.send(request())
    assert isinstance(said, Accepted)
    await sim.account.settled()
    (text,) = sim.texts()
    assert (text.to, text.body, text.sid, text.message_id, text.attempt) == (ANNA, TEXT, said.sid, "m-1", 1)
    first, again = await provider.pull(None), await provider.pull(None)
    assert isinstance(first, ReportBatch)
    assert first == again, "not acknowledged, it comes again"
    (report,) = first.reports
    assert (report.sid, report.status, report.code, report.message_id, report.attempt) == (
        *(said.sid, "delivered", None),
        *("m-1", 1),
    )
    assert await provider.pull(first.ack) == ReportBatch("", (), more=False)


@pytest.mark.parametrize("kind", ["created-drop", "created-5xx", "created-cut", "created-garbage", "created-hang"])
async def test_a_lost_answer_is_found_by_our_own_id(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider, kind: str
) -> None:
    began = CLOCK.wall()
    sim.break_things(Fault(kind=kind, times=1))  # type: ignore[arg-type]
    assert isinstance(await provider.send(request(attempt=2)), Unknown)
    found = await provider.find(lost(began, attempt=2))
    assert isinstance(found, ProviderMessage)
    assert (found.provider, found.doubles) == ("sms-gateway", ())
    assert await provider.find(lost(began, attempt=1)) is None, "another attempt at the same text"
    fetched = await provider.fetch(found.sid)
    assert isinstance(fetched, ProviderMessage)
    assert fetched.sid == found.sid


@pytest.mark.parametrize("kind", ["drop", "5xx", "hang"])
async def test_what_was_not_made_is_not_found(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider, kind: str
) -> None:
    began = CLOCK.wall()
    sim.break_things(Fault(kind=kind, times=1))  # type: ignore[arg-type]
    assert isinstance(await provider.send(request()), Unknown)
    assert await provider.find(lost(began)) is None


@pytest.mark.parametrize("kind", ["list-5xx", "list-throttle", "list-drop", "list-hang"])
async def test_a_look_up_that_fails_is_no_answer(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider, kind: str
) -> None:
    sim.break_things(Fault(kind=kind))  # type: ignore[arg-type]
    assert isinstance(await provider.find(lost(CLOCK.wall())), LookupFailed)
    assert isinstance(await provider.find(lost(CLOCK.wall(), attempt=None)), LookupFailed)
    assert isinstance(await provider.fetch("gw:1"), LookupFailed)
    assert isinstance(await provider.pull(None), LookupFailed)


async def test_silence_about_what_is_kept_no_more_is_no_answer(provider: SmsGatewayProvider) -> None:
    assert isinstance(await provider.find(lost(CLOCK.wall() - timedelta(hours=73))), LookupFailed)


async def test_an_unknown_attempt_is_found_by_its_text_whatever_number_it_had(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider
) -> None:
    began = CLOCK.wall()
    await provider.send(request("m-2", to=BEN, body=TEXT.replace("K7F3Q", "X9X9X")))
    said = await provider.send(request(attempt=7))
    assert isinstance(said, Accepted)
    for to in (ANNA, None):
        found = await provider.find(lost(began, attempt=None, to=to))
        assert isinstance(found, ProviderMessage)
        assert found.sid == said.sid
    assert await provider.find(lost(began, "m-3", None, BEN, "【another】words")) is None


async def test_texts_without_the_registered_signature_get_it(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider
) -> None:
    assert isinstance(await provider.send(request(body="Dongjiang Power: power is back, ref K7F3Q-2C.")), Accepted)
    await sim.account.settled()
    assert sim.texts()[0].body == "【东江供电公司】Dongjiang Power: power is back, ref K7F3Q-2C."
    sim.settings.signatures = ["another"]
    said = await provider.send(request("m-2"))
    assert isinstance(said, SendRefused)
    assert (said.code, said.scope) == (1101, "sender")


async def test_a_wrong_secret_is_the_accounts_fault_and_a_replayed_request_is_refused(
    sim: SmsGatewaySimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = make_gateway(sim.url, secret="another")
    said = await wrong.send(request())
    assert isinstance(said, SendRefused)
    assert (said.code, said.scope) == (1002, "account")
    await wrong.close()
    monkeypatch.setattr("secrets.token_hex", lambda _: "n" * 32)
    replayed = make_gateway(sim.url)
    assert isinstance(await replayed.send(request()), Accepted)
    assert isinstance(await replayed.send(request(attempt=2)), SendRefused)
    await replayed.close()


async def test_429_says_how_long_to_wait(sim: SmsGatewaySimulator, provider: SmsGatewayProvider) -> None:
    sim.break_things(Fault(kind="throttle", times=1, seconds=7))
    said = await provider.send(request())
    assert isinstance(said, SendRefused)
    assert (said.scope, said.retry_after, said.http_status) == ("throttle", 7.0, 429)


async def test_what_may_not_be_written_any_more_is_not(sim: SmsGatewaySimulator, provider: SmsGatewayProvider) -> None:
    def no() -> None:
        raise TooLate("claimed long ago")

    late = SendRequest(message_id="m-1", attempt=1, to=ANNA, body=TEXT, valid_seconds=600.0, before_write=no)
    said = await provider.send(late)
    assert isinstance(said, SendRefused)
    assert said.reason == "too-late"
    assert sim.account.book.posts == []


async def test_nobody_there_is_proof_that_nothing_was_made() -> None:
    nowhere = make_gateway("http://127.0.0.1:9")
    said = await nowhere.send(request())
    assert isinstance(said, SendRefused)
    assert said.scope == "network"
    await nowhere.close()


async def test_many_reports_come_in_batches_and_a_killed_gateway_still_has_them(tmp_path: Path) -> None:
    async with SmsGatewaySimulator(tmp_path, CLOCK) as sim:
        sim.settings.deliver_seconds = 0.01
        provider = make_gateway(sim.url)
        await asyncio.gather(*(provider.send(request(f"m-{n}")) for n in range(250)))
        await sim.account.settled()
        first = await provider.pull(None)
        assert isinstance(first, ReportBatch)
        assert (len(first.reports), first.more) == (200, True)
        await provider.close()
    async with SmsGatewaySimulator(tmp_path, CLOCK) as sim:
        provider = make_gateway(sim.url)
        rest = await provider.pull(first.ack)
        assert isinstance(rest, ReportBatch)
        assert (len(rest.reports), rest.more) == (50, False)
        assert {one.message_id for one in first.reports + rest.reports} == {f"m-{n}" for n in range(250)}
        await provider.close()


async def test_a_report_of_another_system_on_the_account_names_no_attempt_of_ours(
    sim: SmsGatewaySimulator, provider: SmsGatewayProvider
) -> None:
    sim.account.create("theirs", ANNA, TEXT, 600)
    sim.break_things(Fault(kind="undelivered", number=BEN))
    await provider.send(request("m-2", to=BEN))
    await sim.account.settled()
    batch = await provider.pull(None)
    assert isinstance(batch, ReportBatch)
    assert [(one.message_id, one.status, one.code) for one in batch.reports] == [
        *[(None, "delivered", None)],
        ("m-2", "undelivered", 4001),
    ]
