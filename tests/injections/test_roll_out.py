"""Injection 9: pods of the release before send beside this one's, and either dies in between."""

from bisect import bisect_right
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from devstack.twilio.faults import Fault
from schemas.contracts.customers import Importance
from services.notifier.sending.followers import Followers
from tests.kits.stack.injecting.lone_sender import lone_senders
from tests.kits.stack.injecting.releases import BESIDE, OLDER, WITH_KITS, of_a_release_before, unpack
from tests.kits.stack.injecting.schools import schools
from tests.kits.stack.sending import Office
from tests.kits.waiting import until

OLD_RATE, NEW_RATE = 10.0, 20.0
"""Texts a second: of a pod of the release before (tests/upgrade/beside.py), and of all of this one's together."""
KNOWN_TO_BOTH = frozenset({"ready", "sending", "unknown", "accepted", "sent", "delivered", "suppressed"})
KILLED = -9
LANES: Final[tuple[Importance, ...]] = ("special", "first")
"""Texts of the critical lane, and of another."""


@pytest.mark.injection(9)
@pytest.mark.parametrize("release", WITH_KITS)
async def test_09_the_release_before_claims_beside_this_ones_lanes_and_either_dies_in_between(
    office: Office, tmp_path: Path, release: str
) -> None:
    code = unpack(release, tmp_path / "before")
    await of_a_release_before(office)
    texts = [await office.text(importance=one) for one in LANES * 6]
    office.sim.break_things(Fault(kind="created-drop", rate=0.25), Fault(kind="drop", rate=0.2))
    with lone_senders(office, code, BESIDE) as older, lone_senders(office) as newer:
        dying = [await older("may-write:3", wait=lambda: True), await newer("claimed:2", wait=lambda: True)]
        await until(lambda: all(one.poll() is not None for one in dying), 20, "both to die")
        assert [one.returncode for one in dying] == [KILLED, KILLED]
        await older("never")
        sender = office.sender(per_second=NEW_RATE, at_once=4)
        texts += [await office.text(importance=one) for one in LANES * 12]
        seen = set()
        async with office.at_work(
            sender,
            office.resolver(sender, quiet=1.0),
            Followers(sender.recorder, office.pool, office.clock),
        ):
            await until(lambda: len(office.posts()) >= 30, 20, "both to send")
            office.sim.account.faults.rules.clear()
            for text in texts:
                seen.add((await office.row(text))["state"])
                await office.comes_to(text, "accepted", 25)
    assert seen <= KNOWN_TO_BOTH
    made = Counter(post.message_id for post in office.posts() if post.answer.startswith("created"))
    assert made == dict.fromkeys(texts, 1)
    owners = Counter([attempt["owner"] for text in texts for attempt in await office.attempts(text)])
    assert owners[sender.owner]
    assert len(owners) >= 3, "each sent some"
    assert most_in_a_second(office) <= OLD_RATE + NEW_RATE + burst(NEW_RATE), "each keeps to its own"


@pytest.mark.injection(9)
@pytest.mark.parametrize("release", WITH_KITS)
async def test_09_beside_a_release_that_would_not_find_a_merged_text_each_site_has_its_own(
    office: Office, tmp_path: Path, release: str
) -> None:
    code = unpack(release, tmp_path / "before")
    await of_a_release_before(office)
    with lone_senders(office, code, BESIDE) as older, lone_senders(office) as newer:
        await older("looks-up", wait=lambda: True)
        await until(lambda: office.pool.fetchval(OLDER), 20, "it to have the right to send")
        texts = await schools(office, 4)
        dying = await newer("posted:1", wait=lambda: True)
        await until(lambda: dying.poll() is not None, 20, "it to die with a post that nobody recorded")
        assert any(post.answer == "created" for post in office.posts())
        await until(lambda: nothing_is_out(office, texts), 20, "the one before to look up what was in doubt")
        sender = office.sender()
        async with office.at_work(sender, office.resolver(sender)):
            for text in texts:
                await office.comes_to(text, "accepted", 20)
    made = Counter(post.message_id for post in office.posts() if post.answer.startswith("created"))
    assert made == dict.fromkeys(texts, 1)
    found_by = {one.get("foundBy") for text in texts for one in await office.log(text, "message.accepted.v1")}
    assert "look-up" in found_by


async def nothing_is_out(office: Office, texts: list[str]) -> bool:
    """Whether of none of these it is open what became of a post."""
    return {(await office.row(text))["state"] for text in texts} <= {"ready", "accepted"}


def most_in_a_second(office: Office) -> int:
    """How many POSTs reached the provider in the busiest second."""
    times = sorted(post.at.timestamp() for post in office.posts())
    return max(bisect_right(times, at + 1.0) - number for number, at in enumerate(times))


def burst(rate: float) -> float:
    """What may have gathered before a second began, and what each of two was just about to post."""
    return rate * 0.25 + 2
