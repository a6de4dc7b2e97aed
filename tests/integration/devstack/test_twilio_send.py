"""Each way a send can end, against a server that really does it.

What may have created a message is never called refused.
"""

import asyncio
import logging
from pathlib import Path

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import Accepted, ProviderMessage, SendRefused, TooLate, Unknown
from tests.kits.stack.twilio import ANNA, CLOCK, SENDER, SERVICE, control, make_provider, world

TEXT = "Power cut in your street, ref K7F3Q"


async def test_a_text_from_a_number_is_queued_and_one_from_a_service_accepted(tmp_path: Path) -> None:
    async with world(tmp_path / "a") as stage:
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, Accepted)
        assert outcome.status == "queued"
    async with world(tmp_path / "b", service=SERVICE) as stage:
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, Accepted)
        assert outcome.status == "accepted"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="created-hang"),
        Fault(kind="created-drop"),
        Fault(kind="created-5xx", status=500),
        Fault(kind="created-5xx", status=502),
        Fault(kind="created-5xx", status=504),
        Fault(kind="created-cut"),
        Fault(kind="created-garbage"),
        Fault(kind="created-drip", seconds=30),
        Fault(kind="created-late", seconds=30),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_created_message_whose_answer_is_lost_is_unknown_and_then_found(fault: Fault, tmp_path: Path) -> None:
    async with world(tmp_path, total_seconds=0.5) as stage:
        stage.sim.break_things(fault)
        began = CLOCK.monotonic()
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, Unknown)
        assert CLOCK.monotonic() - began < 1.5, "the limit is for the whole answer, however slowly it drips"
        found = await stage.provider.find(stage.lost())
        assert isinstance(found, ProviderMessage)
        assert stage.posts == [fault.kind], "one POST, never repeated"


@pytest.mark.parametrize("kind", ["hang", "drop", "5xx"])
async def test_a_message_not_created_behind_a_lost_answer_is_unknown_and_not_found(kind: str, tmp_path: Path) -> None:
    async with world(tmp_path, total_seconds=0.5) as stage:
        stage.sim.break_things(Fault(kind=kind))  # type: ignore[arg-type]
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, Unknown)
        assert await stage.provider.find(stage.lost()) is None
        assert stage.posts == [kind]


async def test_too_many_requests_is_refused_with_the_wait_it_asks_for(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="throttle", seconds=7, times=1))
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, SendRefused)
        assert (outcome.scope, outcome.retry_after, outcome.code) == ("throttle", 7.0, 20429)
        assert isinstance(await stage.provider.send(stage.request()), Accepted), "the fault was for once"


@pytest.mark.parametrize(
    ("to", "code", "scope"),
    [
        ("+15005550001", 21211, "contact"),
        ("+15005550002", 21612, "region"),
        ("+15005550003", 21408, "region"),
        ("+15005550004", 21610, "contact"),
        ("+15005550009", 21614, "contact"),
        ("not a number", 21211, "contact"),
    ],
)
async def test_twilios_own_test_numbers_are_refused_with_what_is_at_fault(
    to: str, code: int, scope: str, tmp_path: Path
) -> None:
    async with world(tmp_path) as stage:
        outcome = await stage.provider.send(stage.request(to=to))
        assert isinstance(outcome, SendRefused)
        assert (outcome.code, outcome.scope) == (code, scope)
        assert stage.posts == ["refused"]


async def test_a_text_over_1600_characters_is_our_own_mistake(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        outcome = await stage.provider.send(stage.request(body="电" * 1601))
        assert isinstance(outcome, SendRefused)
        assert (outcome.code, outcome.scope) == (21617, "message")
        assert isinstance(await stage.provider.send(stage.request(body="电" * 1600)), Accepted)


async def test_wrong_credentials_put_the_blame_on_the_provider_not_on_the_contact(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stranger = make_provider(stage.sim.url, token="wrong")
        outcome = await stranger.send(stage.request())
        await stranger.close()
        assert isinstance(outcome, SendRefused)
        assert (outcome.http_status, outcome.code, outcome.scope) == (401, 20003, "account")


@pytest.mark.parametrize("problem_json", [False, True])
async def test_a_code_nobody_listed_is_refused_by_its_http_status(problem_json: bool, tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="refuse", status=403, code=29999, problem_json=problem_json))
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, SendRefused)
        assert (outcome.reason, outcome.code, outcome.scope) == ("unlisted-code", 29999, "account")


async def test_a_provider_that_cannot_be_reached_has_created_nothing(unused_tcp_port: int, tmp_path: Path) -> None:
    provider = make_provider(f"http://127.0.0.1:{unused_tcp_port}")
    async with world(tmp_path) as stage:
        outcome = await provider.send(stage.request())
    await provider.close()
    assert isinstance(outcome, SendRefused)
    assert (outcome.reason, outcome.scope) == ("not-connected", "network")


async def test_a_name_that_does_not_resolve_has_created_nothing(tmp_path: Path) -> None:
    provider = make_provider("http://no-such-host.invalid")
    async with world(tmp_path) as stage:
        outcome = await provider.send(stage.request())
    await provider.close()
    assert isinstance(outcome, SendRefused)
    assert outcome.reason == "not-connected"


async def test_a_claim_that_ended_while_connecting_is_not_posted(tmp_path: Path) -> None:
    def too_late() -> None:
        raise TooLate("the lease is over")

    async with world(tmp_path) as stage:
        outcome = await stage.provider.send(stage.request(before_write=too_late))
        assert isinstance(outcome, SendRefused)
        assert outcome.reason == "too-late"
        assert stage.posts == []
        assert isinstance(await stage.provider.send(stage.request()), Accepted), "the connection is still good"
        assert isinstance(await stage.provider.send(stage.request(before_write=too_late)), SendRefused), (
            "kept-alive too"
        )
        assert stage.posts == ["created"]


async def test_a_cancelled_send_tells_its_caller_and_is_found_later(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="created-hang"))
        sending = asyncio.create_task(stage.provider.send(stage.request()))
        while not stage.posts:
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert isinstance(await stage.provider.find(stage.lost()), ProviderMessage)


async def test_sends_side_by_side_do_not_mix_their_answers(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        bad = "+447700900199"
        stage.sim.break_things(Fault(kind="refuse", number=bad, code=21614, status=400))
        numbers = [ANNA if turn % 2 else bad for turn in range(40)]
        outcomes = await asyncio.gather(*(stage.provider.send(stage.request(to=number)) for number in numbers))
        assert [type(outcome) for outcome in outcomes] == [
            Accepted if number == ANNA else SendRefused for number in numbers
        ]


async def test_no_phone_number_reaches_the_log_even_at_debug(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with world(tmp_path) as stage:
        await stage.provider.send(stage.request())
        await stage.provider.find(stage.lost())
        await stage.provider.send(stage.request(to="+15005550001"))
    assert ANNA not in caplog.text
    assert ANNA[1:] not in caplog.text
    assert "15005550001" not in caplog.text
    assert ANNA not in repr(stage.request())


async def test_what_the_provider_asked_for_is_what_the_notes_say(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await stage.provider.send(stage.request(message_id="m 7/ä", attempt=3, valid_seconds=5))
        _, (message,) = await control(stage.sim.url, "GET", "messages")
        assert message["sender"] == SENDER
        assert message["body"] == TEXT
        assert message["validity_seconds"] == 60
        assert message["status_callback"].endswith("/twilio/status?n=m+7%2F%C3%A4&a=3#rc=5&rp=all")
        assert (message["message_id"], message["attempt"]) == ("m 7/ä", 3)
