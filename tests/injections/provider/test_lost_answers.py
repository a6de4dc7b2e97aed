"""Injections 20-25, 30 and 31: what the provider did with a POST is not heard. Never a second one before that is known."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp.web import AppRunner

from devstack.twilio.faults import Fault
from tests.kits.stack.sending import POST_SECONDS, Office


def strikes(office: Office, kind: Any, **more: Any) -> None:
    """The provider does so with the newest customer's next text."""
    office.sim.break_things(Fault(kind=kind, number=office.number(), times=1, **more))


async def found_without_a_second_post(office: Office, text: str) -> None:
    """Its answer is lost; a look-up finds it, and the handset has it once."""
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "unknown")
        async with office.at_work(office.resolver(sender)):
            await office.comes_to(text, "accepted")
    (said,) = await office.log(text, "message.accepted.v1")
    assert said["foundBy"] == "look-up"
    assert len(office.posts(text)) == 1
    await office.sim.account.delivery.settled()
    assert [received.to for received in office.sim.texts()] == [office.number()]


@pytest.mark.injection(20)
async def test_20_created_and_no_answer_in_time(office: Office) -> None:
    text = await office.text()
    strikes(office, "created-hang")
    await found_without_a_second_post(office, text)


@pytest.mark.injection(21)
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_21_created_and_said_to_have_failed(office: Office, status: int) -> None:
    text = await office.text()
    strikes(office, "created-5xx", status=status)
    await found_without_a_second_post(office, text)


@pytest.mark.injection(22)
async def test_22_created_and_the_connection_reset(office: Office) -> None:
    text = await office.text()
    strikes(office, "created-drop")
    await found_without_a_second_post(office, text)


@pytest.mark.injection(23)
@pytest.mark.parametrize("kind", ["created-cut", "created-garbage"])
async def test_23_created_and_a_201_that_nobody_can_read(office: Office, kind: str) -> None:
    text = await office.text()
    strikes(office, kind)
    await found_without_a_second_post(office, text)


@pytest.mark.injection(24)
async def test_24_created_and_the_201_comes_three_times_too_late(office: Office) -> None:
    text = await office.text()
    strikes(office, "created-late", seconds=3 * POST_SECONDS)
    await found_without_a_second_post(office, text)


@pytest.mark.injection(25)
async def test_25_not_created_and_no_answer_in_time_is_sent_again_once_it_was_quiet(office: Office) -> None:
    text = await office.text()
    strikes(office, "hang")
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await office.comes_to(text, "accepted")
    first, second = await office.attempts(text)
    assert (first["outcome"], second["outcome"]) == ("not-created", "accepted")
    # From when the sender gave up, not from when the attempt began: one that hangs begins long before it ends.
    assert first["closed_at"] - first["started_at"] > timedelta(seconds=POST_SECONDS * 0.9)
    assert second["started_at"] - first["closed_at"] > timedelta(seconds=0.6)
    assert [post.answer for post in office.posts(text)] == ["hang", "created"]


@pytest.mark.injection(30)
async def test_30_an_answer_that_drips_in_is_given_up_in_time(office: Office) -> None:
    text = await office.text()
    # A byte every few milliseconds: no pause is long, the whole is.
    strikes(office, "created-drip", seconds=6 * POST_SECONDS)
    await found_without_a_second_post(office, text)
    (attempt,) = await office.attempts(text)
    assert attempt["closed_at"] - attempt["started_at"] < timedelta(seconds=3 * POST_SECONDS)


@pytest.mark.injection(31)
@pytest.mark.parametrize("written", [False, True], ids=["gone before the POST", "gone under the POST"])
async def test_31_a_kept_connection_that_the_provider_closed_repeats_no_post(office: Office, *, written: bool) -> None:
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender)):
        await office.comes_to(await office.text(), "accepted")
        text = await office.text() if written else None
        if written:
            strikes(office, "created-drop")
        else:
            hang_up(office)
            text = await office.text()
        assert text is not None
        await office.comes_to(text, "accepted")
    assert len(office.posts(text)) == 1


def hang_up(office: Office) -> None:
    """The provider ends every connection that is kept open to it."""
    runner = office.sim._runner
    assert isinstance(runner, AppRunner)
    assert runner.server is not None
    kept = [protocol.transport for protocol in runner.server.connections if protocol.transport is not None]
    assert kept, "no connection was kept"
    for transport in kept:
        transport.abort()
