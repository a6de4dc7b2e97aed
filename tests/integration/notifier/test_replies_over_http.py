"""From a handset to a conversation: a signed request over HTTP, the gateway, Kafka, the notifier's tables, the sender.

The numbers in square brackets are those of the list of failures in the notes on sending (content and people).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from devstack.twilio.carrier.signing import sign
from services.notifier.sending.claiming import Claim
from tests.kits.stack.answering import PUBLIC, TOKEN, Answering, answered
from tests.kits.stack.sending import Office

STRANGER = "+447700900199"


@pytest.fixture
async def answering(postgres: str, kafka: str, tmp_path: Path) -> AsyncIterator[Answering]:
    async with answered(postgres, kafka, tmp_path) as made:
        yield made


async def _claimed(at: Office) -> tuple[object, Claim]:
    sender = at.sender()
    (claim,) = await sender.lanes["key"].claims.take(1, sender.owner)
    return sender, claim


async def test_50_stop_between_claim_and_post_is_heeded_and_what_is_owed_is_a_persons(answering: Answering) -> None:
    text = await answering.office.text()
    sender, claim = await _claimed(answering.office)
    assert claim.message_id == text
    assert await answering.texts("ＳＴＯＰ") == "opted-out"
    await sender._send(claim, lambda: None)  # type: ignore[attr-defined]
    assert answering.office.posts() == [], "nothing was written to the provider, which would have refused it"
    (attempt,) = await answering.office.attempts(text)
    assert attempt["outcome"] == "refused"
    assert (await answering.office.row(text))["state"] == "suppressed"
    assert (await answering.kinds()).count("contact.unreached.v1") == 1
    (alarm,) = await answering.office.pool.fetch("select kind from alarm")
    assert alarm["kind"] == "nobody-reached", "their power is off, and somebody calls"


async def test_50_the_same_where_only_the_number_knows_of_stop(answering: Answering) -> None:
    text = await answering.office.text()
    sender, claim = await _claimed(answering.office)
    index = answering.office.vault.blind_index(answering.office.number())
    await answering.office.pool.execute(
        "insert into opted_out (blind_index, since, reply_id) values ($1, $2, 'SM-before')",
        index,
        answering.office.clock.now(),
    )
    await sender._send(claim, lambda: None)  # type: ignore[attr-defined]
    assert answering.office.posts() == []
    assert [one["reason"] for one in await answering.office.log(text, "message.undelivered.v1")] == ["opted-out"]


async def test_51_replies_as_people_type_them_over_signed_http(answering: Answering) -> None:
    text = await answering.told()
    ref = (await answering.office.row(text))["ref"]
    assert await answering.texts(" １ ") == "by-what-was-said-to-it"
    assert (await answering.kinds())[-1] == "contact.confirmed.v1"
    assert await answering.texts("YES") == "by-what-was-said-to-it"
    assert await answering.texts(f"{ref.lower()} 没电") == "by-its-code"
    assert await answering.texts("K1K1K 没电") == "by-what-was-said-to-it"
    assert await answering.texts("STOP", STRANGER) == "opted-out"
    assert await answering.texts("yes", STRANGER) == "opted-in"
    assert await answering.texts("这里没电", STRANGER) == "unknown-sender"
    assert await answering.texts("stop please") == "opted-out", "Twilio does not hear this one"
    assert await answering.texts("start") == "opted-in"
    rows = await answering.office.pool.fetch("select customer_id, reason from reply_to_read order by reason")
    assert [tuple(row) for row in rows] == [("", "unknown-sender")]


async def test_a_reply_that_is_not_signed_is_nobodys(answering: Answering) -> None:
    form = {"MessageSid": "SM-forged", "From": "+447700900101", "To": "+15005550006", "Body": "STOP"}
    signature = sign("another-secret", f"{PUBLIC}/twilio/inbound", form)
    answer = await answering.gateway.send(
        "POST", "/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status == 403


async def test_stop_in_a_language_that_twilio_was_set_to_is_believed(answering: Answering) -> None:
    await answering.office.text()
    form = {
        "MessageSid": "SM-arret",
        "From": answering.office.number(),
        "To": "+15005550006",
        "Body": "ARRET",
        "OptOutType": "STOP",
    }
    signature = sign(TOKEN, f"{PUBLIC}/twilio/inbound", form)
    answer = await answering.gateway.send(
        "POST", "/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}
    )
    assert answer.status == 204
    assert await answering.heard("SM-arret") == "opted-out"


async def test_whoever_asks_how_it_stands_gets_the_present_truth_by_the_same_way(answering: Answering) -> None:
    answering.office.clock.now_ahead = timedelta(minutes=-10)
    first = await answering.told()
    answering.office.clock.now_ahead = timedelta(0)
    await answering.texts("什么时候来电？")
    (second,) = await answering.office.pool.fetch(
        "select message_id, trigger from notification where message_id <> $1", first
    )
    async with answering.office.at_work(answering.office.sender()):
        await answering.office.comes_to(second["message_id"], "accepted")
    assert second["trigger"] == "fault"
    assert len(answering.office.posts()) == 2
