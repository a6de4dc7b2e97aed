"""What the sender says of an attempt, by what its peer did: the same over a socket and over the simulated network."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from services.notifier.domain.provider.port import Accepted, SendOutcome, SendRefused, SendRequest, TooLate, Unknown
from services.notifier.sending.providers.twilio import TwilioProvider
from tests.sim.heard import until
from tests.sim.net.contract.carriers import ANSWER, SID, Carrier, Deed, Peer, nothing


def request(**more: Any) -> SendRequest:
    return SendRequest(to="+447700900101", body="hello", message_id="m-1", attempt=1, valid_seconds=600, **more)


async def sent(provider: TwilioProvider, **more: Any) -> SendOutcome:
    try:
        return await provider.send(request(**more))
    finally:
        await provider.close()


def answers(peer: Peer) -> None:
    peer.transport.write(ANSWER)


def answers_and_closes(peer: Peer) -> None:
    peer.transport.write(ANSWER)
    peer.transport.close()


def closes(peer: Peer) -> None:
    peer.transport.close()


def breaks(peer: Peer) -> None:
    peer.carrier.break_off(peer.transport)


def half_then(deed: Deed) -> Deed:
    def act(peer: Peer) -> None:
        peer.transport.write(ANSWER[:-10])
        deed(peer)

    return act


def half_a_head_then(deed: Deed) -> Deed:
    def act(peer: Peer) -> None:
        peer.transport.write(ANSWER[:20])
        deed(peer)

    return act


def talks_nonsense(peer: Peer) -> None:
    peer.transport.write(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize(
    ("then", "why"),
    [
        (closes, "ServerDisconnectedError"),
        (breaks, "ClientOSError"),
        (nothing, "TimeoutError"),
        (half_then(closes), "ClientPayloadError"),
        (half_then(nothing), "TimeoutError"),
        (half_a_head_then(closes), "ServerDisconnectedError"),
        (talks_nonsense, "ClientResponseError"),
    ],
)
async def test_after_the_request_was_written_nothing_but_a_whole_answer_is_an_answer(
    then: Deed, why: str, carrier: Carrier
) -> None:
    outcome = await sent(await carrier.serve(then))
    assert outcome == Unknown(why)
    assert [peer.heard.count(b"POST ") for peer in carrier.peers] == [1], "and it is not sent again"


async def test_a_whole_answer_is_one(carrier: Carrier) -> None:
    asked: list[list[bytes]] = []
    outcome = await sent(
        await carrier.serve(answers),
        before_write=lambda: asked.append([peer.heard for peer in carrier.peers if peer.heard]),
    )
    assert outcome == Accepted(SID, "queued")
    assert asked == [[], []], "asked when the connection is there, and again in the step that writes"


@pytest.mark.parametrize("greet", [closes, breaks])
async def test_a_connection_that_ends_while_it_is_written_to_leaves_the_attempt_unknown(
    greet: Deed, carrier: Carrier
) -> None:
    assert isinstance(await sent(await carrier.serve(nothing, greet)), Unknown)


async def test_where_nobody_listens_nothing_was_written(carrier: Carrier) -> None:
    outcome = await sent(await carrier.nobody())
    assert isinstance(outcome, SendRefused)
    assert (outcome.reason, (outcome.detail or "").partition(":")[0]) == ("not-connected", "no connection")
    assert carrier.peers == []


async def test_where_the_name_is_unknown_nothing_was_written(carrier: Carrier) -> None:
    outcome = await sent(carrier.unknown())
    assert isinstance(outcome, SendRefused)
    assert outcome.reason == "not-connected"
    assert "Name or service not known" in (outcome.detail or "")


def too_late_at(call: int) -> Callable[[], None]:
    calls = iter(range(1, call + 1))

    def ask() -> None:
        if next(calls) == call:
            raise TooLate("the claim is over")

    return ask


async def test_who_is_too_late_when_the_connection_is_there_has_written_nothing_and_keeps_it(carrier: Carrier) -> None:
    provider = await carrier.serve(answers)
    outcome = await provider.send(request(before_write=too_late_at(1)))
    assert isinstance(outcome, SendRefused)
    assert outcome.reason == "too-late"
    await until(lambda: len(carrier.peers) == 1)
    assert carrier.peers[0].heard == b""
    assert await sent(provider) == Accepted(SID, "queued")
    assert len(carrier.peers) == 1


async def test_who_is_too_late_in_the_step_that_writes_has_written_nothing(carrier: Carrier) -> None:
    outcome = await sent(await carrier.serve(answers), before_write=too_late_at(2))
    await until(lambda: [peer.lost for peer in carrier.peers] == [True])
    assert carrier.peers[0].heard == b""
    assert outcome == Unknown("no answer"), "by then it counts as written, which is on the safe side"


async def test_a_connection_that_the_peer_closed_while_it_was_idle_is_not_used_again(carrier: Carrier) -> None:
    provider = await carrier.serve(answers_and_closes)
    assert await provider.send(request()) == Accepted(SID, "queued")
    await asyncio.sleep(0.1)
    assert await sent(provider) == Accepted(SID, "queued")
    assert len(carrier.peers) == 2


async def test_who_is_stopped_while_it_waits_leaves_the_peer_with_the_request_and_a_closed_connection(
    carrier: Carrier,
) -> None:
    provider = await carrier.serve(nothing)
    sending = asyncio.create_task(provider.send(request()))
    await until(lambda: bool(carrier.peers) and b"hello" in carrier.peers[0].heard)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: carrier.peers[0].lost)
    await provider.close()
