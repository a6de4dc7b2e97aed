"""A database that was restored does not know what was sent since its backup: nobody hears a thing twice."""

import re
from datetime import timedelta

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import Accepted, SendRequest
from services.notifier.sending.claiming import LEASE
from services.notifier.sending.recorder import SQL
from tests.kits.stack.sending import Office, power_back


async def went(office: Office, text: str, to: str, body: str) -> Accepted:
    """Post it as the process did whose database is lost: no table knows of it."""
    posted = await office.provider().send(SendRequest(message_id=text, attempt=1, to=to, body=body, valid_seconds=3600))
    assert isinstance(posted, Accepted)
    return posted


@pytest.mark.parametrize("worded", ["the same", "with another time for the next word"])
async def test_after_a_restore_a_text_that_was_sent_since_the_backup_is_found_and_the_others_go_once(
    office: Office, worded: str
) -> None:
    sent, unsent = await office.text(), await office.text()
    numbers = {sent: office.number_of(1), unsent: office.number_of(2)}
    backup = office.clock.wall() - timedelta(minutes=30)
    row = await office.row(sent)
    body = row["body"] if worded == "the same" else re.sub(r"预计.*左右", "预计23时59分左右", row["body"])
    assert (body == row["body"]) == (worded == "the same")
    posted = await went(office, sent, numbers[sent], body)
    sender = office.sender(restored_to=backup)
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await office.comes_to(sent, "accepted")
        await office.comes_to(unsent, "accepted")
    assert [(post.message_id, post.answer) for post in office.posts()] == [(sent, "created"), (unsent, "created")]
    (found,) = await office.attempts(sent)
    assert (found["provider_sid"], found["started_at"]) == (posted.sid, backup)
    looked_up, second = await office.attempts(unsent)
    assert (looked_up["outcome"], second["outcome"]) == ("not-created", "accepted")
    # Another process of it, or the same one started again, looks nothing up twice.
    assert await office.pool.fetchval(SQL["was_looked_up"], unsent, backup)


async def test_after_a_restore_a_text_that_has_become_of_no_use_is_looked_up_before_it_is_said_to_be_over(
    office: Office,
) -> None:
    sent, unsent = await office.text(), await office.text()
    backup = office.clock.wall() - timedelta(minutes=30)
    await went(office, sent, office.number_of(1), (await office.row(sent))["body"])
    office.clock.now_ahead = office.clock.wall_ahead = timedelta(days=1)
    sender = office.sender(restored_to=backup)
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await office.comes_to(sent, "accepted")
        await office.comes_to(unsent, "expired")
    # Of these two: the conversation goes on, and what is true now may have been sent meanwhile.
    assert (len(office.posts(sent)), len(office.posts(unsent))) == (1, 0)
    assert not await office.log(sent, "message.expired.v1")
    assert len(await office.attempts(unsent)) == 1


async def test_after_a_restore_a_text_that_is_withdrawn_is_looked_up_as_it_may_have_gone(office: Office) -> None:
    sent, unsent = await office.text(), await office.text()
    backup = office.clock.wall() - timedelta(minutes=30)
    await went(office, sent, office.number_of(1), (await office.row(sent))["body"])
    await office.goes_back(backup)
    for text in (sent, unsent):
        customer = (await office.row(text))["customer_id"]
        await office.say(customer, power_back(customer, office.clock.now(), timedelta()))
        assert len(await office.log(text, "message.suppressed.v1")) == 1
    sender = office.sender(restored_to=backup)
    async with office.at_work(sender, office.resolver(sender, quiet=0.6)):
        await office.comes_to(sent, "accepted")
        await office.comes_to(unsent, "suppressed")
    assert [post.message_id for post in office.posts()] == [sent]


@pytest.mark.parametrize("restored", [True, False])
async def test_a_text_may_have_named_other_times_only_where_a_restored_database_does_not_know_its_words(
    office: Office, restored: bool
) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", number=office.number()))
    backup = office.clock.wall() - timedelta(seconds=1)
    async with office.at_work(office.sender(restored_to=backup if restored else None)):
        await office.comes_to(text, "unknown")
    (waits,) = await office.pool.fetch(SQL["unresolved"], LEASE, "twilio")
    assert waits["ref"] == ((await office.row(text))["ref"] if restored else None)
