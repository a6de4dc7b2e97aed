"""Signed callbacks and texts in, over a real gateway: what arrives, how often, in which order, what is turned away."""

from pathlib import Path

import aiohttp
import pytest

from devstack.twilio.carrier.signing import sign
from devstack.twilio.faults import Fault
from services.gateway.twilio.webhooks import routes
from services.notifier.domain.provider.port import Accepted
from tests.kits.stack.twilio import ANNA, SERVICE, Mailbox, World, control, gateway, world
from tests.kits.waiting import until

TOKEN = "local-stack-token"
FIELDS = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered", "To": ANNA}


async def sent(stage: World) -> str:
    outcome = await stage.provider.send(stage.request(message_id="m-7", attempt=2))
    assert isinstance(outcome, Accepted)
    return outcome.sid


async def post(url: str, fields: dict[str, str], signature: str | None) -> tuple[int, str]:
    headers = {"X-Twilio-Signature": signature} if signature is not None else {}
    async with aiohttp.ClientSession() as session, session.post(url, data=fields, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_receipts_come_in_order_without_the_first_state_and_carry_our_own_ids(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        sid = await sent(stage)
        await until(lambda: len(stage.mailbox.receipts) == 3)
        assert stage.mailbox.statuses(sid) == ["sending", "sent", "delivered"]
        receipt = stage.mailbox.receipts[0]
        assert (receipt.notification_id, receipt.attempt, receipt.error_code) == ("m-7", 2, None)
        assert len({receipt.token for receipt in stage.mailbox.receipts}) == 3


async def test_a_messaging_service_calls_back_queued_too(tmp_path: Path) -> None:
    async with world(tmp_path, service=SERVICE) as stage:
        sid = await sent(stage)
        await until(lambda: "delivered" in stage.mailbox.statuses(sid))
        assert stage.mailbox.statuses(sid) == ["queued", "sending", "sent", "delivered"]


async def test_an_undelivered_text_says_why(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="undelivered", code=30003))
        await sent(stage)
        await until(lambda: stage.mailbox.receipts and stage.mailbox.receipts[-1].status == "undelivered")
        assert stage.mailbox.receipts[-1].error_code == 30003
        assert stage.sim.texts() == []


async def test_a_text_on_the_handset_may_never_get_its_receipt(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="stuck-sent"))
        sid = await sent(stage)
        await until(stage.sim.texts)
        await until(lambda: len(stage.mailbox.receipts) == 2)
        assert stage.mailbox.statuses(sid) == ["sending", "sent"]


async def test_callbacks_are_lost_doubled_and_overtaken_when_told_so(tmp_path: Path) -> None:
    async with world(tmp_path / "lost") as stage:
        stage.sim.break_things(Fault(kind="callback-lost"))
        await sent(stage)
        await until(lambda: stage.sim.texts() and not stage.sim.account.book.unfinished())
        assert stage.mailbox.facts == []
    async with world(tmp_path / "doubled") as stage:
        stage.sim.break_things(Fault(kind="callback-doubled"))
        sid = await sent(stage)
        await until(lambda: len(stage.mailbox.receipts) == 6)
        assert stage.mailbox.statuses(sid) == [word for word in ("sending", "sent", "delivered") for _ in range(2)]
        assert len({receipt.token for receipt in stage.mailbox.receipts}) == 3, "a repeat has the token of its first"
    async with world(tmp_path / "overtaken") as stage:
        stage.sim.break_things(Fault(kind="callback-reordered", times=2))
        sid = await sent(stage)
        await until(lambda: len(stage.mailbox.receipts) == 3)
        assert stage.mailbox.statuses(sid)[0] == "delivered"


async def test_a_receipt_that_could_not_be_published_is_called_again_until_it_is(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.mailbox.failures_left = 3
        sid = await sent(stage)
        await until(lambda: len(stage.mailbox.receipts) == 3)
        assert stage.mailbox.statuses(sid) == ["sending", "sent", "delivered"], "and order held"
        assert stage.mailbox.refused == 3


async def test_a_gateway_that_stays_away_loses_the_receipt_after_five_retries(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.mailbox.failures_left = 6
        sid = await sent(stage)
        await until(lambda: len(stage.mailbox.receipts) == 2)
        assert stage.mailbox.statuses(sid) == ["sent", "delivered"]
        assert stage.sim.account.webhooks.given_up == 1


async def test_behind_a_proxy_that_ends_tls_signatures_hold_for_the_public_address(tmp_path: Path) -> None:
    async with world(tmp_path, public_url="https://sms.example.org/notices") as stage:
        sid = await sent(stage)
        await until(lambda: "delivered" in stage.mailbox.statuses(sid))
        assert stage.mailbox.receipts[0].notification_id == "m-7"


async def test_a_reply_reaches_the_gateway_signed_and_whole(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        _, answer = await control(stage.sim.url, "POST", "inbound", {"from": ANNA, "body": "1 谢谢 & więcej=tak"})
        assert answer["webhook_status"] == 204
        (text,) = stage.mailbox.inbound
        assert (text.sid, text.from_number, text.body) == (answer["sid"], ANNA, "1 谢谢 & więcej=tak")
        assert ANNA not in repr(text)


async def test_texts_from_china_cannot_be_answered(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        status, why = await control(stage.sim.url, "POST", "inbound", {"from": "+8613800138000", "body": "1"})
        assert status == 409
        assert "another channel" in why
        assert stage.mailbox.inbound == []


@pytest.mark.parametrize("path", ["/twilio/status", "/twilio/inbound"])
async def test_what_twilio_did_not_sign_is_turned_away_and_published_nowhere(path: str) -> None:
    mailbox = Mailbox()
    async with gateway(mailbox, tokens=[TOKEN]) as base:
        url = base + path
        assert (await post(url, FIELDS, None))[0] == 403
        assert (await post(url, FIELDS, ""))[0] == 403
        assert (await post(url, FIELDS, sign("another token", url, FIELDS)))[0] == 403
        assert (await post(url, FIELDS | {"Extra": "1"}, sign(TOKEN, url, FIELDS)))[0] == 403
        assert (await post(url + "?a=9", FIELDS, sign(TOKEN, url, FIELDS)))[0] == 403
        assert (await post(url, FIELDS, "ÿ" * 28))[0] == 403
    assert mailbox.facts == []


async def test_both_tokens_are_good_while_a_token_is_being_changed() -> None:
    mailbox = Mailbox()
    async with gateway(mailbox, tokens=["new", "old"]) as base:
        url = base + "/twilio/status?n=m-1&a=1"
        for token in ("new", "old"):
            assert (await post(url, FIELDS, sign(token, url, FIELDS)))[0] == 204
        assert (await post(url, FIELDS, sign("older", url, FIELDS)))[0] == 403
    assert len(mailbox.receipts) == 2


@pytest.mark.parametrize(
    ("path", "fields", "why"),
    [
        ("/twilio/status", {"MessageStatus": "sent"}, "MessageSid"),
        ("/twilio/status", {"MessageSid": "SM1"}, "MessageStatus"),
        ("/twilio/status", {"MessageSid": "SM1", "MessageStatus": " "}, "MessageStatus"),
        ("/twilio/status", {"MessageSid": "SM1", "MessageStatus": "sent", "ErrorCode": "many"}, "ErrorCode"),
        ("/twilio/status?n=m-1&a=first", {"MessageSid": "SM1", "MessageStatus": "sent"}, "a must be"),
        ("/twilio/inbound", {"MessageSid": "SM1", "Body": "1", "To": ANNA}, "From"),
        ("/twilio/inbound", {"MessageSid": "SM1", "Body": "1", "From": ANNA}, "To"),
    ],
)
async def test_a_signed_webhook_that_lacks_something_is_told_what(path: str, fields: dict[str, str], why: str) -> None:
    mailbox = Mailbox()
    async with gateway(mailbox, tokens=[TOKEN]) as base:
        status, words = await post(base + path, fields, sign(TOKEN, base + path, fields))
    assert status == 400
    assert why in words
    assert mailbox.facts == []


async def test_a_broker_away_gives_503_and_an_overlong_body_413() -> None:
    mailbox = Mailbox()
    mailbox.failures_left = 1
    async with gateway(mailbox, tokens=[TOKEN]) as base:
        url = base + "/twilio/status"
        assert (await post(url, FIELDS, sign(TOKEN, url, FIELDS)))[0] == 503
        assert (await post(url, {"Body": "x" * 70_000}, "any"))[0] == 413
        assert (await post(url, FIELDS, sign(TOKEN, url, FIELDS)))[0] == 204


def test_a_gateway_without_a_token_does_not_start() -> None:
    for tokens in ([], [""], ["good", ""]):
        with pytest.raises(ValueError, match="auth token"):
            routes(tokens=tokens, public_url=None, publish=Mailbox().publish)
