"""Twenty sites on one telephone get one text for one outage, and no telephone gets more in an hour than it has room for."""

import asyncio
from datetime import timedelta

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.events import SendingReceipt
from services.notifier.sending.followers import Followers
from services.notifier.sending.routing.orphans import Orphans
from services.notifier.sending.sender import Sender
from tests.kits.ctl import Ctl
from tests.kits.stack.injecting.lone_sender import Lone
from tests.kits.stack.injecting.schools import HEAD, school, schools
from tests.kits.stack.sending import Office, power_back


def bodies(office: Office) -> list[str]:
    """What the provider was asked to send."""
    return [message.body for message in office.sim.account.book.all()]


def followers(office: Office, sender: Sender) -> Followers:
    return Followers(sender.recorder, office.pool, office.clock)


async def states(office: Office, texts: list[str]) -> set[str]:
    return {(await office.row(text))["state"] for text in texts}


async def test_twenty_schools_on_one_telephone_get_one_text_that_names_each(office: Office) -> None:
    texts = await schools(office)
    sender = office.sender()
    async with office.at_work(sender, followers(office, sender)):
        for text in texts:
            await office.comes_to(text, "accepted")
    (text,) = bodies(office)
    assert "共20处" in text
    assert all(f"育才路{number}号" in text for number in range(1, 21))
    (post,) = office.posts()
    assert [len(await office.attempts(text)) for text in texts] == [1] + [0] * 19
    for text in texts:
        (taken,) = await office.log(text, "message.accepted.v1")
        assert taken["body"] == bodies(office)[0], "each conversation has what was said"
        assert taken.get("carriedBy") == (None if text == texts[0] else texts[0])
        assert taken["providerSid"] == post.sid


async def test_a_text_that_went_with_another_is_proven_with_what_was_posted_and_the_tokens_it_had(
    office: Office, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    texts = await schools(office, 3)
    sender = office.sender()
    async with office.at_work(sender, followers(office, sender)):
        for text in texts:
            await office.comes_to(text, "accepted")
    (leads,) = (await ctl.json("show", "message", texts[0]))["proofs"]
    assert [one["messageId"] for one in leads["carries"]] == texts[1:]
    (attempt,) = leads["attempts"]
    assert (attempt["body"], attempt["tokens"] >= 1, attempt["pace"]) == (bodies(office)[0], True, 200.0)
    (follows,) = (await ctl.json("show", "message", texts[2]))["proofs"]
    assert (follows["carriedBy"], follows["attempts"]) == (texts[0], [attempt])
    assert (attempt["foundBy"], follows["codeOnHandset"]) == ("answer", leads["code"])
    code, shown = await ctl.run("show", "message", texts[2])
    assert code == 0, shown
    assert "one text for several sites of one telephone" in " ".join(shown.split())
    lane, *_ = await ctl.json("sending", "status")
    (pace,) = lane["pace"]
    assert (pace["textsPerSecond"], pace["atMost"], pace["restsUntil"]) == (200.0, 200.0, None)
    code, shown = await ctl.run("sending", "status")
    assert "The pace that all lanes share" in shown
    assert HEAD not in shown


async def test_what_says_anything_else_is_a_text_of_its_own(office: Office) -> None:
    alike = await schools(office, 2)
    other = await school(office, 3, mrid="F-2", hours=5)
    elsewhere = await school(office, 4, to="+447700900556")
    sender = office.sender()
    async with office.at_work(sender, followers(office, sender)):
        for text in (*alike, other, elsewhere):
            await office.comes_to(text, "accepted")
    assert len(office.posts()) == 3
    assert sum("共2处" in text for text in bodies(office)) == 1


async def test_one_that_arrived_arrived_for_all(office: Office) -> None:
    texts = await schools(office, 3)
    sender = office.sender()
    async with office.at_work(sender, followers(office, sender)):
        await office.comes_to(texts[2], "accepted")
        (post,) = office.posts()
        await office.pool.execute("update notification set state = 'delivered' where message_id = $1", texts[0])
        for text in texts[1:]:
            await office.comes_to(text, "delivered")
    assert len(await office.log(texts[2], "message.delivered.v1")) == 1
    assert (await office.log(texts[2], "message.delivered.v1"))[0]["providerSid"] == post.sid


async def test_a_refusal_for_good_is_one_for_all_and_each_hears_it(office: Office) -> None:
    texts = await schools(office, 3)
    office.sim.break_things(Fault(kind="refuse", code=21211, number=HEAD))
    sender = office.sender()
    async with office.at_work(sender, followers(office, sender)):
        for text in texts:
            await office.comes_to(text, "refused")
    assert len(office.posts()) <= 1


@pytest.mark.parametrize("step", ["claimed", "may-write", "posted"])
async def test_a_sender_that_dies_at_any_step_leaves_one_text_for_all(office: Office, step: str, stopped: Lone) -> None:
    texts = await schools(office, 5)
    process = await stopped(step)
    await asyncio.sleep(0.2)
    process.kill()
    process.wait()
    sender = office.sender()
    resolver = office.resolver(sender)
    async with office.at_work(sender, resolver, followers(office, sender)):
        for text in texts:
            await office.comes_to(text, "accepted", seconds=15)
    assert len([post for post in office.posts() if post.sid]) == 1, "created once"
    for text in texts:
        assert len(await office.log(text, "message.accepted.v1")) == 1


async def test_one_that_is_withdrawn_on_the_way_is_over_and_the_others_are_told(office: Office) -> None:
    texts = await schools(office, 3)
    sender = office.sender()
    (claim,) = await sender.lanes["key"].claims.take(5, sender.owner)
    assert len(claim.speaks_for) == 2
    assert await states(office, texts[1:]) == {"carried"}
    await office.say("SCH-02", power_back("SCH-02", office.clock.now()))
    assert (await office.row(texts[1]))["unwanted"] == "suppressed"
    await office.pool.execute("update attempt set outcome = 'not-created'")
    await office.pool.execute("update notification set state = 'ready' where message_id = $1", texts[0])
    await followers(office, sender).look()
    assert [(await office.row(text))["state"] for text in texts] == ["ready", "suppressed", "ready"]


async def test_two_processes_never_take_the_last_place_of_a_telephone_together(office: Office) -> None:
    texts = [await school(office, number, mrid=f"F-{number}", hours=number) for number in range(1, 13)]
    one, other = (office.sender(handset_most=6) for _ in range(2))
    async with office.at_work(one, other, followers(office, one)):
        for _ in range(200):
            if not {"ready", "sending"} & await states(office, texts):
                break
            await asyncio.sleep(0.05)
    assert len(office.posts()) == 5, "the sixth place is kept"
    found = [(await office.row(text))["state"] for text in texts]
    assert found.count("suppressed") == 7
    hushed = await office.pool.fetch("select data from event where type = 'text.hushed.v1'")
    assert len(hushed) == 7
    causes = await office.pool.fetch("select kind, reason from customer_cause")
    assert {(row["kind"], row["reason"]) for row in causes} == {("handset-full", "handset-full")}
    assert len(causes) == 7, "each of these sites is a call"


async def test_the_last_place_is_for_power_that_is_back(office: Office) -> None:
    texts = [await school(office, number, mrid=f"F-{number}", hours=number) for number in range(1, 6)]
    sender = office.sender(handset_most=5)
    async with office.at_work(sender):
        for text in texts[:4]:
            await office.comes_to(text, "accepted")
        await office.comes_to(texts[4], "suppressed")
        assert len(office.posts()) == 4
        back = "update notification set state = 'ready', keeps_last = true, retry_after = null where message_id = $1"
        await office.pool.execute(back, texts[4])
        await office.comes_to(texts[4], "accepted")
    assert len(office.posts()) == 5


# --- given up, and found after all ------------------------------------------------------------------------------------


async def claimed_together(office: Office) -> tuple[Sender, list[str]]:
    """One text for three schools, claimed; nobody has an answer to its post."""
    texts = await schools(office, 3)
    sender = office.sender()
    (claim,) = await sender.lanes["key"].claims.take(5, sender.owner)
    assert (claim.message_id, set(claim.speaks_for)) == (texts[0], set(texts[1:]))
    return sender, texts


async def given_up(office: Office, sender: Sender, texts: list[str]) -> None:
    """The provider's list lacked it: it counts as unsent, and each may be sent again."""
    await office.pool.execute("update attempt set outcome = 'not-created'")
    await office.pool.execute("update notification set state = 'ready' where message_id = $1", texts[0])
    await followers(office, sender).look()
    assert await states(office, texts) == {"ready"}


async def turns_up(office: Office, sender: Sender, leads: str) -> None:
    customer = (await office.row(leads))["customer_id"]
    await sender.recorder.accepted(leads, customer, 1, "SM-late", "look-up")


async def arrives(office: Office, sender: Sender, leads: str) -> None:
    customer = (await office.row(leads))["customer_id"]
    receipt = SendingReceipt(
        message_id=leads, customer_id=customer, provider="twilio", provider_sid="SM-late", status="delivered",
        at=office.clock.now(),
    )  # fmt: skip
    await sender.recorder.say(receipt, f"{leads}/SM-late/delivered")


async def test_one_that_was_given_up_and_turns_up_has_come_to_all_for_whom_it_speaks(office: Office) -> None:
    sender, texts = await claimed_together(office)
    await given_up(office, sender, texts)
    await turns_up(office, sender, texts[0])
    await followers(office, sender).look()
    assert await states(office, texts) == {"accepted"}, "none of them is sent again"
    for text in texts[1:]:
        (taken,) = await office.log(text, "message.accepted.v1")
        assert (taken["carriedBy"], taken["providerSid"]) == (texts[0], "SM-late")
        assert "共3处" in taken["body"]
    await arrives(office, sender, texts[0])
    await followers(office, sender).look()
    assert await states(office, texts) == {"delivered"}
    assert await office.pool.fetchval("select count(*) from attempt where freed is not null") == 0


async def test_of_whom_has_had_it_by_itself_meanwhile_it_is_seen_that_it_came_twice(office: Office) -> None:
    sender, texts = await claimed_together(office)
    await given_up(office, sender, texts)
    (alone,) = [row["customer_id"] for row in [await office.row(texts[1])]]
    await sender.recorder.accepted(texts[1], alone, 1, "SM-own", "answer")
    await turns_up(office, sender, texts[0])
    for _ in range(2):
        await followers(office, sender).look()
    (double,) = await office.log(texts[1], "text.doubled.v1")
    assert (double["firstSid"], double["secondSid"]) == ("SM-own", "SM-late")
    assert await office.log(texts[2], "text.doubled.v1") == []
    assert (await office.row(texts[2]))["state"] == "accepted"


async def test_one_whose_provider_was_taken_away_and_that_arrived_after_all_has_arrived_for_all(office: Office) -> None:
    sender, texts = await claimed_together(office)
    await office.pool.execute(
        "update attempt set outcome = 'unknown', closed_at = started_at - interval '1 minute', "
        "started_at = started_at - interval '1 minute'"
    )
    await office.pool.execute("update notification set state = 'unknown' where message_id = $1", texts[0])
    await Orphans(office.pool, sender.recorder, office.clock, ["another"], after=timedelta(0)).look()
    assert await states(office, texts) == {"refused"}
    await turns_up(office, sender, texts[0])
    await followers(office, sender).look()
    assert await states(office, texts) == {"refused"}, "whether it arrived nobody knows yet"
    await arrives(office, sender, texts[0])
    await followers(office, sender).look()
    assert await states(office, texts) == {"delivered"}
    for text in texts:
        (arrived,) = await office.log(text, "message.delivered.v1")
        assert arrived["providerSid"] == "SM-late"
