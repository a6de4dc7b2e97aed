"""Injections 1-6: the sender's process dies, stands still or is told to go, at any step. What it had in hand is sent once."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from devstack.twilio.faults import Fault
from services.notifier.sending.sender import DRAIN_SECONDS
from tests.kits.stack.injecting.lone_sender import Lone, end_owners, lone_senders
from tests.kits.stack.sending import PROOF, Office


@pytest.fixture
def lone(office: Office) -> Iterator[Lone]:
    """Starts senders in processes of their own."""
    with lone_senders(office) as start:
        yield start


async def comes_once(office: Office, text: str, *outcomes: str) -> None:
    """By another sender: taken, with these attempts, and on its handset once."""
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.3)):
        await office.comes_to(text, "accepted", 10)
    assert [attempt["outcome"] for attempt in await office.attempts(text)] == list(outcomes)
    await office.sim.account.delivery.settled()
    assert [received.to for received in office.sim.texts()] == [office.number()]


@pytest.mark.injection(1)
async def test_01_exit_after_the_claim_is_committed_and_before_the_post(office: Office, lone: Lone) -> None:
    text = await office.text()
    await lone("claimed", "exits")
    assert office.posts() == []
    await comes_once(office, text, "not-created", "accepted")


@pytest.mark.injection(2)
async def test_02_exit_while_the_post_waits_for_its_answer(office: Office, lone: Lone) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-hang", number=office.number(), times=1))
    process = await lone("never", wait=lambda: office.posts(text))
    process.kill()
    process.wait(10)
    await comes_once(office, text, "accepted")


@pytest.mark.injection(3)
async def test_03_exit_after_the_201_and_before_it_is_recorded(office: Office, lone: Lone) -> None:
    text = await office.text()
    await lone("posted", "exits")
    assert (await office.row(text))["state"] == "sending"
    await comes_once(office, text, "accepted")


@pytest.mark.injection(4)
async def test_04_exit_after_a_look_up_and_before_what_it_found_is_adopted(office: Office, lone: Lone) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop", number=office.number(), times=1))
    await lone("looked-up", "exits")
    assert (await office.row(text))["state"] == "unknown"
    await comes_once(office, text, "accepted")


@pytest.mark.injection(5)
@pytest.mark.parametrize(
    "step", ["may-write", *(pytest.param(step, marks=pytest.mark.full) for step in ("claimed", "posted"))]
)
async def test_05_who_sleeps_while_the_lock_is_taken_writes_nothing_on_waking_and_lives_on(
    office: Office, lone: Lone, step: str
) -> None:
    text = await office.text()
    sleeper = await lone(step)
    await end_owners(office)
    sender = office.sender(proof=PROOF)
    async with office.at_work(sender, office.resolver(sender, quiet=PROOF + 1.0)):
        await office.comes_to(text, "accepted", 20)
    assert len(office.posts(text)) == 1
    sleeper.resume()
    await asyncio.sleep(2.0)
    assert len(office.posts(text)) == 1, "written after waking"
    assert sleeper.is_running()
    # It has taken a new number and is the only sender now.
    following = await office.text()
    await office.comes_to(following, "accepted", 10)
    assert (await office.attempts(following))[0]["owner"] != sender.owner


@pytest.mark.injection(5)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full), pytest.param(3, marks=pytest.mark.full)])
async def test_05_stopped_at_random_with_the_lock_taken_each_time_no_text_is_doubled(
    office: Office, lone: Lone, seed: int
) -> None:
    chance = random.Random(seed)
    office.sim.settings.list_lag_seconds = 0.2
    sleeper = await lone("never")
    sender = office.sender(proof=PROOF, per_second=20.0)
    texts: list[str] = []
    async with office.at_work(sender, office.resolver(sender, quiet=PROOF + 1.0)):
        for _ in range(3):
            texts += [await office.text() for _ in range(6)]
            await asyncio.sleep(chance.random() * 0.15)
            sleeper.suspend()
            await end_owners(office, but=sender.owner)
            await asyncio.sleep(PROOF + 1.5)
            sleeper.resume()
            await asyncio.sleep(chance.random() * 0.3)
        for text in texts:
            await office.comes_to(text, "accepted", 20)
    assert sleeper.is_running()
    created = Counter(post.message_id for post in office.posts() if post.answer == "created")
    assert created == dict.fromkeys(texts, 1)


@pytest.mark.injection(6)
async def test_06_told_to_go_in_the_middle_of_a_batch_it_ends_what_it_began_and_leaves_the_rest(
    office: Office, lone: Lone
) -> None:
    texts = [await office.text() for _ in range(12)]
    slow, longer = texts[0], texts[1]
    office.sim.break_things(
        Fault(kind="created-late", number=office.number_of(1), times=1, seconds=0.8),
        Fault(kind="created-hang", number=office.number_of(2), times=1),
    )
    process = await lone("never", wait=lambda: office.posts(slow) and office.posts(longer))
    process.send_signal(signal.SIGTERM)
    # In a thread: the provider answers in this one.
    await asyncio.to_thread(process.wait, DRAIN_SECONDS + 10)
    assert (await office.row(slow))["state"] == "accepted", "an answer that came in time was recorded"
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.3)):
        for text in texts:
            await office.comes_to(text, "accepted", 20)
    assert Counter(post.message_id for post in office.posts()) == dict.fromkeys(texts, 1)
