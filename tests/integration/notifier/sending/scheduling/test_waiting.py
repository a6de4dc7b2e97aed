"""Notices of later work wait with the provider: created, reconciled, let go. Whatever answers are lost, one goes, or none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from devstack.twilio.faults import Fault
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, Period
from services.kernel import checkpoints
from services.notifier.domain.provider.scheduling import AHEAD, LAST, RECONCILE
from services.notifier.sending.finder import Finder
from services.notifier.sending.scheduling.waiting import WaitingTexts
from tests.kits.stack import sending
from tests.kits.stack.injecting.lone_sender import lone_senders
from tests.kits.stack.injecting.releases import BESIDE, OLDER, WITH_KITS, unpack
from tests.kits.stack.sending import Office
from tests.kits.stack.twilio import SERVICE
from tests.kits.waiting import until

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def office(postgres: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with sending.office(postgres, tmp_path, service=SERVICE) as made:
        yield made


async def about_work(office: Office, status: str, version: int) -> None:
    now = office.clock.now()
    starts = now + timedelta(days=9)
    await office.say(
        f"KC-{office.customers:02}",
        CustomerTouched(
            customer_id=f"KC-{office.customers:02}",
            mrid="P-1",
            outage_version=version,
            touched=True,
            outage_class="planned",
            status=status,  # type: ignore[arg-type]
            trigger="notice.published.v1" if status == "noticed" else "notice.withdrawn.v1",
            planned_period=Period(start=starts, end=starts + timedelta(hours=4)),
            extent=Extent(lines=("10千伏城东线",)),
            at=now,
        ),
    )


async def notice(office: Office) -> str:
    """The text that tells a customer of work in nine days; what else was to be said to them is over."""
    off = await office.text()
    await office.pool.execute("update notification set state = 'delivered' where message_id = $1", off)
    await about_work(office, "noticed", 1)
    found: str = await office.pool.fetchval("select message_id from notification where trigger = 'planned-notice'")
    await office.pool.execute(
        "update notification set not_before = $2 where message_id = $1", found, office.clock.now() - MINUTE
    )
    return found


def waiting(office: Office, *, may_go: bool = True) -> WaitingTexts:
    provider = office.provider()
    finder = Finder(office.pool, provider, office.vault)
    recorder = office.sender().recorder
    return WaitingTexts(
        office.pool, recorder, provider, finder, office.clock, CollectorRegistry(), may_go=lambda: may_go
    )


@asynccontextmanager
async def at_work(office: Office, *, quiet: float = 0.6) -> AsyncIterator[None]:
    sender = office.sender(schedules=True)
    async with office.at_work(sender, office.resolver(sender, quiet=quiet)):
        yield


async def prepared(office: Office, text: str, attempts: int = 1) -> None:
    async with asyncio.timeout(15):
        while [one["outcome"] for one in await office.attempts(text)][attempts - 1 :] != ["prepared"]:
            await asyncio.sleep(0.02)


def passes(office: Office, time: timedelta) -> None:
    office.clock.now_ahead += time
    office.clock.wall_ahead += time


async def received(office: Office) -> int:
    """How often the text came to the handset, once all that waits there has gone or was taken back."""
    passes(office, AHEAD + 10 * MINUTE)
    await office.sim.account.delivery.settled()
    return len(office.sim.texts())


def states(office: Office) -> Sequence[str]:
    return sorted(message.status for message in office.sim.account.book.all())


async def test_a_notice_waits_with_the_provider_and_counts_as_said_once_it_is_reconciled(office: Office) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
    assert states(office) == ["scheduled"]
    assert (await office.row(text))["state"] == "sending"
    await waiting(office).look()
    assert not await office.log(text, "message.accepted.v1"), "its time has not come"
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert (await office.row(text))["state"] == "accepted"
    assert await received(office) == 1


async def test_texts_of_now_do_not_wait(office: Office) -> None:
    text = await office.text()
    async with at_work(office):
        await office.comes_to(text, "accepted")
    assert "scheduled" not in states(office)


@pytest.mark.parametrize("kind", ["created-drop", "created-5xx", "created-cut", "created-hang", "created-garbage"])
async def test_20_to_23_a_notice_whose_answer_was_lost_goes_once(office: Office, kind: str) -> None:
    text = await notice(office)
    office.sim.break_things(Fault(kind=kind, times=1))  # type: ignore[arg-type]
    async with at_work(office):
        await prepared(office, text)
    assert len(office.posts(text)) == 1
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert await received(office) == 1


async def test_25_a_notice_that_was_not_created_is_posted_again_and_goes_once(office: Office) -> None:
    text = await notice(office)
    office.sim.break_things(Fault(kind="drop", times=1))
    async with at_work(office):
        await prepared(office, text, 2)
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert (await office.row(text))["state"] == "accepted"
    assert await received(office) == 1


@pytest.mark.parametrize(("schedules", "copies"), [(True, 1), (False, 2)])
async def test_33_a_list_that_lags_longer_than_the_quiet_time_doubles_no_notice_that_waits(
    postgres: str, tmp_path: Path, schedules: bool, copies: int
) -> None:
    async with sending.office(postgres, tmp_path, service=SERVICE, list_lag=4.0) as office:
        text = await notice(office)
        office.sim.break_things(Fault(kind="created-drop", times=1))
        sender = office.sender(schedules=schedules)
        async with office.at_work(sender, office.resolver(sender, quiet=0.3)):
            if schedules:
                await prepared(office, text, 2)
            else:
                await office.comes_to(text, "accepted", 15)
        await asyncio.sleep(4.5)  # the list shows both now
        passes(office, AHEAD - RECONCILE)
        await waiting(office).look()
        assert (await office.row(text))["state"] == "accepted"
        assert await received(office) == copies
        assert states(office) == (["canceled", "delivered"] if schedules else ["delivered", "delivered"])
        assert await office.log(text, "text.doubled.v1") == []


async def test_52_work_that_is_called_off_while_the_notice_waits_is_told_to_nobody(office: Office) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
        await about_work(office, "withdrawn", 2)
        assert len(await office.log(text, "message.suppressed.v1")) == 1
        await waiting(office).look()
    assert states(office) == ["canceled"]
    assert (await office.row(text))["state"] == "suppressed"
    assert await office.pool.fetchval("select count(*) from notification where trigger = 'cancelled'") == 0
    assert await received(office) == 0


async def test_what_waits_in_a_lane_that_was_stopped_is_taken_back_in_time_and_goes_later(office: Office) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
    await office.pool.execute("insert into brake values ('notice', $1, 'chen', 'wrong wording')", office.clock.now())
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert states(office) == ["scheduled"], "the lane may go on yet"
    passes(office, RECONCILE - LAST)
    await waiting(office).look()
    assert states(office) == ["canceled"]
    assert (await office.row(text))["state"] == "ready"
    await office.pool.execute("delete from brake")
    async with at_work(office):
        await prepared(office, text, 2)
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert await received(office) == 1


async def test_where_facts_lie_unread_at_its_time_it_does_not_go(office: Office) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
    passes(office, AHEAD - LAST)
    await waiting(office, may_go=False).look()
    assert states(office) == ["canceled"]
    assert (await office.row(text))["state"] == "ready"


@pytest.mark.parametrize("kind", ["cancel-5xx", "canceled-drop"])
async def test_a_taking_back_whose_answer_is_lost_is_asked_for_again(office: Office, kind: str) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
        await about_work(office, "withdrawn", 2)
    office.sim.break_things(Fault(kind=kind, times=1))  # type: ignore[arg-type]
    await waiting(office).look()
    assert (await office.row(text))["state"] == "sending"
    await waiting(office).look()
    assert (states(office), (await office.row(text))["state"]) == (["canceled"], "suppressed")


@pytest.mark.parametrize("step", ["reconciled", "taken-back"])
async def test_1_to_4_who_dies_in_between_leaves_it_to_the_next(office: Office, step: str) -> None:
    class Died(Exception):
        pass

    def die(reached: str) -> None:
        if reached == step:
            raise Died

    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
        if step == "taken-back":
            await about_work(office, "withdrawn", 2)
    passes(office, AHEAD - RECONCILE)
    checkpoints.install(die)
    try:
        with pytest.raises(Died):
            await waiting(office).look()
    finally:
        checkpoints.install(None)
    await waiting(office).look()
    ends = {"reconciled": ("accepted", 1), "taken-back": ("suppressed", 0)}
    assert ((await office.row(text))["state"], await received(office)) == ends[step]


async def test_what_nobody_looked_after_before_its_time_is_known_to_have_gone(office: Office) -> None:
    text = await notice(office)
    async with at_work(office):
        await prepared(office, text)
        await about_work(office, "withdrawn", 2)
    assert await received(office) == 1
    await waiting(office).look()
    # It could not be taken back any more: the customer is told that the work is off.
    assert (await office.row(text))["state"] == "accepted"
    assert await office.pool.fetchval("select count(*) from notification where trigger = 'cancelled'") == 1


@pytest.mark.parametrize("left", ["prepared", "unknown"])
@pytest.mark.parametrize("release", WITH_KITS)
async def test_a_notice_that_a_pod_of_this_version_left_goes_once_though_one_of_the_version_before_finds_it(
    office: Office, tmp_path: Path, release: str, left: str
) -> None:
    text, code = await notice(office), unpack(release, tmp_path / "before")
    if left == "unknown":
        office.sim.break_things(Fault(kind="created-drop", times=1))
    async with office.at_work(office.sender(schedules=True)):
        async with asyncio.timeout(15):
            while [one["outcome"] for one in await office.attempts(text)] != [left]:
                await asyncio.sleep(0.02)
    with lone_senders(office, code, BESIDE) as older:
        await older("looks-up", wait=lambda: True)
        await until(lambda: office.pool.fetchval(OLDER), 20, "it to have the right to post")
        if left == "unknown":
            await until(lambda: is_settled(office, text), 20, "it to look up what was in doubt")
        else:
            await asyncio.sleep(LEFT_ALONE_SECONDS)
            assert [one["outcome"] for one in await office.attempts(text)] == ["prepared"], "it knows of none such"
        async with at_work(office):
            await until(lambda: is_settled(office, text), 20, "the newer one to go on")
    passes(office, AHEAD - RECONCILE)
    await waiting(office).look()
    assert await received(office) == 1
    assert len(await office.log(text, "message.accepted.v1")) == 1


LEFT_ALONE_SECONDS = 1.5
"""In which a pod of the version before looks some thirty times."""


async def is_settled(office: Office, text: str) -> bool:
    """Whether of no attempt at it it is open whether it made a message."""
    return not {"in-flight", "unknown"} & {one["outcome"] for one in await office.attempts(text)}
