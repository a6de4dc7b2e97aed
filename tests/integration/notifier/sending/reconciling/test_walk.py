"""The provider's list against our books, both ways: what can be settled is, and where they differ a person is told."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import Accepted, SendRequest
from services.notifier.sending.reconciling.reconciler import Reconciler
from services.notifier.sending.reconciling.span import ALL
from services.notifier.sending.reconciling.walk import SQL
from tests.kits.stack.sending import Office, power_back

DAY = timedelta(days=1)


def reconciler(office: Office, *, daily: timedelta = timedelta(0), quiet: timedelta = timedelta(0)) -> Reconciler:
    recorder, registry = office.sender().recorder, CollectorRegistry()
    made = (office.pool, [(recorder, office.provider())], office.vault, office.clock, registry)
    return Reconciler(*made, is_read=lambda: True, quiet=quiet, daily=daily)


async def walked(office: Office, at_work: Reconciler | None = None) -> dict[str, Any]:
    """Ask for a walk over the last hour, and have it walked."""
    now = office.clock.wall()
    run = await office.pool.fetchval("select gen_random_uuid()")
    await office.pool.execute(SQL["ask_run"], run, "twilio", now, "chen", now - timedelta(hours=1))
    # The provider's dates have whole seconds.
    office.clock.wall_ahead += timedelta(seconds=2)
    await (at_work or reconciler(office)).look()
    (row,) = await office.pool.fetch("select * from reconciliation where run_id = $1", run)
    return dict(row)


async def differences(office: Office) -> list[tuple[str, str | None, str | None]]:
    rows = await office.pool.fetch("select kind, message_id, customer_id from provider_difference order by kind, sid")
    return [(row["kind"], row["message_id"], row["customer_id"]) for row in rows]


async def went(office: Office, text: str, to: str, body: str) -> Accepted:
    """Post it as a process did of which the tables know nothing."""
    posted = await office.provider().send(SendRequest(message_id=text, attempt=1, to=to, body=body, valid_seconds=3600))
    assert isinstance(posted, Accepted)
    return posted


async def sent(office: Office) -> str:
    """A text that the provider took, and delivered; no receipt of it came."""
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    await office.sim.account.delivery.settled()
    return text


async def test_receipts_that_never_came_are_made_up_for(office: Office) -> None:
    text = await sent(office)
    run = await walked(office)
    assert (run["state"], run["listed"], run["settled"], run["differences"]) == ("done", 1, 1, 0)
    assert (await office.row(text))["state"] == "delivered"
    assert (await walked(office))["settled"] == 0


async def test_a_text_that_waits_and_had_gone_is_found_and_never_posted(office: Office) -> None:
    text = await office.text()
    posted = await went(office, text, office.number(), (await office.row(text))["body"])
    await office.sim.account.delivery.settled()
    run = await walked(office)
    assert (run["settled"], run["differences"]) == (1, 0)
    row = await office.row(text)
    assert (row["state"], row["provider_sid"]) == ("delivered", posted.sid)
    (attempt,) = await office.attempts(text)
    assert (attempt["owner"], attempt["provider_sid"]) == (0, posted.sid)
    assert len(office.posts(text)) == 1


@pytest.mark.parametrize("became", ["suppressed", "expired"])
async def test_a_text_that_was_withdrawn_or_came_too_late_and_had_gone_is_said_to_have_gone(
    office: Office, became: str
) -> None:
    text = await office.text()
    posted = await went(office, text, office.number(), (await office.row(text))["body"])
    if became == "suppressed":
        customer = (await office.row(text))["customer_id"]
        await office.say(customer, power_back(customer, office.clock.now(), timedelta()))
    else:
        office.clock.now_ahead = timedelta(days=1)
        await office.sender().recorder.expired(None)
    assert (await office.row(text))["state"] == became
    await walked(office)
    assert (await office.row(text))["provider_sid"] == posted.sid
    assert len(await office.log(text, "message.accepted.v1")) == 1


async def test_a_message_that_no_text_of_ours_is_becomes_a_difference_and_a_cause_for_a_person(office: Office) -> None:
    await office.text()
    await went(office, "nobodys", office.number(), "Tomorrow your meter is read.")
    await went(office, "nobodys", "+447700900999", "To nobody whom we know")
    run = await walked(office)
    assert (run["settled"], run["differences"]) == (0, 2)
    assert {(kind, text, whose) for kind, text, whose in await differences(office)} == {
        ("message-not-in-our-books", None, "KC-01"),
        ("message-not-in-our-books", None, None),
    }
    causes = await office.pool.fetch("select * from standing_cause where kind = 'reconciliation-difference'")
    assert {cause["customer_id"] for cause in causes} == {None, "KC-01"}
    assert {cause["about"] for cause in causes} == {"twilio"}
    stored = await office.pool.fetch("select d::text from provider_difference d")
    assert all("7700" not in row["d"] and "meter" not in row["d"] for row in stored)


async def test_what_another_system_sends_from_the_same_account_is_counted_and_no_difference(office: Office) -> None:
    provider = office.provider()
    provider._from = {"from_": "METERS"}
    await provider.send(SendRequest(message_id="x", attempt=1, to="+447700900101", body="Hello", valid_seconds=3600))
    run = await walked(office)
    assert (run["listed"], run["of_others"], run["differences"]) == (0, 1, 0)


async def test_a_text_of_ours_that_the_provider_does_not_have_is_a_difference_until_it_does(office: Office) -> None:
    text = await sent(office)
    sid = (await office.row(text))["provider_sid"]
    hidden = office.sim.account.book._messages.pop(sid)
    run = await walked(office)
    assert (run["listed"], run["differences"]) == (0, 1)
    customer = (await office.row(text))["customer_id"]
    assert await differences(office) == [("text-not-with-the-provider", text, customer)]
    office.sim.account.book._messages[sid] = hidden
    assert (await walked(office))["differences"] == 0
    assert await differences(office) == []


async def test_that_a_text_which_arrived_is_now_said_to_have_failed_is_a_difference(office: Office) -> None:
    text = await sent(office)
    await walked(office)
    assert (await office.row(text))["state"] == "delivered"
    message = office.sim.account.book.get((await office.row(text))["provider_sid"])
    assert message is not None
    message.status = "undelivered"
    await walked(office)
    customer = (await office.row(text))["customer_id"]
    assert await differences(office) == [("said-to-have-failed-after-all", text, customer)]
    assert (await office.row(text))["state"] == "delivered"


async def test_a_message_that_went_twice_is_seen_as_a_double(office: Office) -> None:
    text = await sent(office)
    await went(office, text, office.number(), (await office.row(text))["body"])
    run = await walked(office)
    assert run["differences"] == 0
    assert len(await office.log(text, "text.doubled.v1")) == 1
    await walked(office)
    assert len(await office.log(text, "text.doubled.v1")) == 1


async def test_a_list_that_cannot_be_had_to_its_end_says_nothing_of_what_it_lacks(office: Office) -> None:
    text = await sent(office)
    office.sim.account.book._messages.pop((await office.row(text))["provider_sid"])
    office.sim.break_things(Fault(kind="list-5xx", times=1))
    run = await walked(office)
    assert (run["state"], run["note"], run["differences"]) == ("failed", "answered 500", 0)
    assert (await walked(office))["state"] == "done"
    assert len(await differences(office)) == 1


async def test_a_walk_whose_process_died_is_begun_again_by_the_next(office: Office) -> None:
    text = await sent(office)
    now = office.clock.wall()
    run = await office.pool.fetchval("select gen_random_uuid()")
    await office.pool.execute(SQL["ask_run"], run, "twilio", now, "chen", now - timedelta(hours=1))
    await office.pool.execute(SQL["begin_run"], run, now, now)
    await office.pool.execute(SQL["count_page"], run, 17, 0, 3)
    office.clock.wall_ahead += timedelta(seconds=2)
    await reconciler(office).look()
    (row,) = await office.pool.fetch("select * from reconciliation where run_id = $1", run)
    assert (row["state"], row["listed"], row["settled"]) == ("done", 1, 1)
    assert (await office.row(text))["state"] == "delivered"


async def test_on_demand_every_provider_is_walked_and_after_a_restore_all_of_them_must_be(office: Office) -> None:
    text = await sent(office)
    now = office.clock.now()
    await office.pool.execute(SQL["notice"], now, now - timedelta(hours=1), "kafka", ["x"], None)
    run = await asked_of_all(office)
    works = reconciler(office)
    await works.look()
    assert await office.pool.fetchval("select state from reconciliation where run_id = $1", run) == "done"
    assert await office.pool.fetchval("select listed_at from database_restore") is not None
    assert (await office.row(text))["state"] == "delivered"


async def test_where_no_provider_shows_a_list_a_walk_says_so_and_settles_no_restore(office: Office) -> None:
    now = office.clock.now()
    await office.pool.execute(SQL["notice"], now, now - timedelta(hours=1), "kafka", ["x"], None)
    run = await asked_of_all(office)
    works = reconciler(office)
    works._walks = {}
    await works.look()
    row = await office.pool.fetchrow("select state, note from reconciliation where run_id = $1", run)
    assert row is not None
    assert tuple(row) == ("failed", "no provider shows a list")
    assert await office.pool.fetchval("select listed_at from database_restore") is None


async def asked_of_all(office: Office) -> UUID:
    now = office.clock.wall()
    run: UUID = await office.pool.fetchval("select gen_random_uuid()")
    await office.pool.execute(SQL["ask_run"], run, ALL, now, "chen", now - timedelta(hours=2))
    office.clock.wall_ahead += timedelta(seconds=2)
    office.clock.now_ahead += timedelta(seconds=2)
    return run


async def test_the_day_is_walked_unasked_once(office: Office) -> None:
    text = await sent(office)
    works = reconciler(office, daily=DAY)
    await works.look()
    assert await office.pool.fetch("select * from reconciliation") == []
    office.clock.wall_ahead += DAY
    await works.look()
    await works.look()
    (run,) = await office.pool.fetch("select * from reconciliation")
    assert (run["state"], run["asked_by"], run["settled"]) == ("done", None, 1)
    assert (await office.row(text))["state"] == "delivered"


async def test_what_just_went_is_left_to_its_own_answer(office: Office) -> None:
    text = await office.text()
    await went(office, text, office.number(), (await office.row(text))["body"])
    run = await walked(office, reconciler(office, quiet=timedelta(minutes=1)))
    assert (run["listed"], run["settled"]) == (0, 0)
    assert (await office.row(text))["state"] == "ready"
