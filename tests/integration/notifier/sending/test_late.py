"""A provider that handles a request long after it was given up: what it made becomes known, though no callback comes."""

from datetime import timedelta
from pathlib import Path

import pytest

from devstack.twilio.faults import Fault
from operations.audit.run import run_audit
from operations.system.location import Where
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.provider.port import Accepted, SendRequest
from tests.kits.stack.sending import Office, power_back
from tests.kits.waiting import until


def held_up(office: Office) -> None:
    """The next request is not handled for now, and nobody is told so."""
    office.sim.break_things(Fault(kind="drop", number=office.number(), times=1))


async def handled(office: Office, text: str) -> str:
    """The provider handles the first request for a text at last; the id of the message, which is on its phone."""
    body = (await office.row(text))["body"]
    late = SendRequest(message_id=text, attempt=1, to=office.number(), body=body, valid_seconds=3600)
    made = await office.provider().send(late)
    assert isinstance(made, Accepted)
    await office.sim.account.delivery.settled()
    return made.sid


def ten_minutes_pass(office: Office) -> None:
    office.clock.wall_ahead = timedelta(minutes=11)


async def on_phones(office: Office, folder: Path) -> list[str]:
    """What an audit finds there."""
    report = await run_audit(Where(postgres=office.dsn, twilio_folder=folder), ["notifier"])
    return next(check.faults for check in report.checks if check.name == "phones")


async def test_a_text_withdrawn_meanwhile_that_comes_all_the_same_is_known(office: Office, tmp_path: Path) -> None:
    text = await office.text()
    held_up(office)
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        await office.say("KC-01", power_back("KC-01", office.clock.now()))
        async with office.at_work(office.resolver(sender, quiet=0.2)):
            await office.comes_to(text, "suppressed")
            sid = await handled(office, text)
            (unknown,) = await on_phones(office, tmp_path)
            assert "is on a phone but not known here" in unknown
            assert "is suppressed, withdrawn as suppressed, provider id none" in unknown
            assert "attempts to that number: 1: not-created" in unknown
            ten_minutes_pass(office)
            await office.comes_to(text, "delivered")
    assert (await office.row(text))["provider_sid"] == sid
    assert (await office.attempts(text))[0]["outcome"] == "accepted"
    assert await on_phones(office, tmp_path) == []


async def test_a_text_sent_again_meanwhile_is_seen_to_be_doubled(office: Office, tmp_path: Path) -> None:
    text = await office.text()
    held_up(office)
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "accepted")
        late = await handled(office, text)
        ten_minutes_pass(office)
        await until(lambda: office.log(text, "text.doubled.v1"), 10, "the double to be seen")
    (seen,) = await office.log(text, "text.doubled.v1")
    first, second = await office.attempts(text)
    assert (seen["firstSid"], seen["secondSid"]) == (second["provider_sid"], late)
    assert first["provider_sid"] == late
    (doubled,) = await on_phones(office, tmp_path)
    assert doubled.startswith(f"text {text} reached its phone 2 times")


@pytest.mark.parametrize("heard", ["by look-up", "by callback"])
async def test_a_text_refused_meanwhile_that_was_delivered_is_known_and_no_longer_refused(
    office: Office, tmp_path: Path, heard: str
) -> None:
    text = await office.text()
    held_up(office)
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "unknown")
        # As of somebody who has got the text, and answered STOP.
        office.sim.break_things(Fault(kind="refuse", code=21610, number=office.number()))
        await office.comes_to(text, "refused")
        office.sim.account.faults.rules.clear()
        sid = await handled(office, text)
        if heard == "by look-up":
            ten_minutes_pass(office)
        else:
            receipt = ReceiptReceived(
                provider="twilio",
                provider_sid=sid,
                status="delivered",
                message_id=text,
                attempt=1,
                received_at=office.clock.now(),
            )
            await office.say("KC-01", receipt)
        await office.comes_to(text, "delivered")
    assert (await office.row(text))["provider_sid"] == sid
    assert await on_phones(office, tmp_path) == []


async def test_a_provider_that_cannot_be_asked_the_second_time_is_asked_later(office: Office) -> None:
    text = await office.text()
    held_up(office)
    sender = office.sender()

    async def asked() -> bool:
        return (await office.attempts(text))[0]["look_again_at"] is None

    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "accepted")
        assert not await asked()
        office.sim.break_things(Fault(kind="list-5xx", number=office.number(), times=2))
        ten_minutes_pass(office)
        await until(asked, 10, "a second look")
    assert [rule.times for rule in office.sim.account.faults.rules if rule.kind == "list-5xx"] == [0]
    assert [post.answer for post in office.posts()] == ["drop", "created"]
