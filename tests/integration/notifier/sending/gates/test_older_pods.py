"""Pods of the version before on a real PostgreSQL: known by their session, for as long as it takes to be sure that none is left."""

from datetime import timedelta

import asyncpg
import pytest

from services.kernel.manual_clock import ManualClock
from services.notifier.sending.followers import Followers
from services.notifier.sending.gates.older_pods import GONE_SECONDS, LOOK_SECONDS, SESSION_BEFORE, OlderPods
from tests.kits.deciders.notifier import at
from tests.kits.stack.injecting.releases import of_a_release_before
from tests.kits.stack.injecting.schools import schools
from tests.kits.stack.sending import Office


async def session(office: Office) -> asyncpg.Connection:
    """As the version before holds its right to post."""
    return await asyncpg.connect(office.dsn, server_settings={"application_name": SESSION_BEFORE})


async def passes(clock: ManualClock, older: OlderPods, seconds: float) -> None:
    for _ in range(int(seconds / LOOK_SECONDS)):
        clock.advance(timedelta(seconds=LOOK_SECONDS))
        await older.look()


async def test_the_minute_without_any_begins_anew_with_each_that_comes_back_and_is_had_once_for_all_processes(
    office: Office,
) -> None:
    await of_a_release_before(office)
    clock = ManualClock(at(5, 9))
    older = OlderPods(office.pool, clock)
    await older.look()  # its owner is away in this very second
    theirs = await session(office)
    await passes(clock, older, LOOK_SECONDS)
    await theirs.close()
    await passes(clock, older, GONE_SECONDS)
    another = OlderPods(office.pool, clock)
    assert await another.are_beside(office.pool)
    await passes(clock, older, 2 * LOOK_SECONDS)
    assert not await older.are_beside(office.pool)
    assert not await another.are_beside(office.pool), "another process need not wait for a minute of its own"


@pytest.mark.parametrize("made_by", ["this version", "the version before"])
async def test_texts_to_one_telephone_are_merged_at_once_only_where_no_version_before_ever_worked(
    office: Office, made_by: str
) -> None:
    if made_by == "the version before":
        await of_a_release_before(office)
    texts = await schools(office, 3)
    sender = office.sender()
    async with office.at_work(sender, Followers(sender.recorder, office.pool, office.clock)):
        for text in texts:
            await office.comes_to(text, "accepted")
    assert len(office.posts()) == (1 if made_by == "this version" else 3)
