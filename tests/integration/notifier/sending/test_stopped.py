"""A sender that stands still keeps what it has in hand as long as it lives; of one that is dead the others take it up."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.notifier.sending.claiming import LEASE, Claim
from tests.kits.stack.injecting.lone_sender import Lone
from tests.kits.stack.sending import Office


@pytest.mark.parametrize(("step", "posts_before"), [("claimed", 0), ("posted", 1)])
async def test_a_stopped_sender_keeps_its_attempt_as_long_as_it_lives(
    office: Office, stopped: Lone, step: str, posts_before: int
) -> None:
    text = await office.text()
    if step == "posted":
        # Made, but the list shows it late: only the lock of the process that may still speak holds the others back.
        office.sim.settings.list_lag_seconds = 3.0
    other = await stopped(step)
    assert len(office.posts()) == posts_before
    sender = office.sender()
    # Its lease is long over for everybody else.
    office.clock.wall_ahead = timedelta(minutes=2)
    async with office.at_work(sender, office.resolver(sender, quiet=0.2)):
        await office.comes_to(text, "unknown")
        await asyncio.sleep(1.0)
        row, (attempt,) = await office.row(text), await office.attempts(text)
        assert (row["state"], attempt["closed_at"]) == ("unknown", None)
        other.resume()
        await office.comes_to(text, "accepted")
    assert len(office.posts()) == 1
    assert len(await office.log(text, "message.accepted.v1")) == 1


@pytest.mark.parametrize("step", ["claimed", "posted"])
async def test_a_dead_senders_attempt_gets_its_verdict_without_waiting_for_the_lease(
    office: Office, stopped: Lone, step: str
) -> None:
    text = await office.text()
    other = await stopped(step)
    other.kill()
    other.wait(10)
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.3)):
        await office.comes_to(text, "accepted", 5)
    assert len(office.posts()) == 1
    outcomes = [attempt["outcome"] for attempt in await office.attempts(text)]
    assert outcomes == (["not-created", "accepted"] if step == "claimed" else ["accepted"])


async def test_a_claim_of_whose_commit_nobody_heard_does_not_keep_its_text_for_as_long_as_its_lease(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, hands = await office.text(), office.sender()
    claims = hands.lanes["key"].claims
    sound = claims._claim

    async def unheard(count: int, owner: int, taken: list[Claim], *more: Any) -> dict[str, str | None]:
        await sound(count, owner, taken, *more)
        monkeypatch.setattr(claims, "_claim", sound)
        raise ConnectionResetError("the server's answer is lost")

    monkeypatch.setattr(claims, "_claim", unheard)
    async with office.at_work(hands):
        await office.comes_to(text, "accepted", LEASE.total_seconds() / 3)
    assert [attempt["outcome"] for attempt in await office.attempts(text)] == ["not-created", "accepted"]
    assert len(office.posts()) == 1
