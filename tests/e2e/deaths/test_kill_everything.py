"""`kill -9` of all processes of `outagectl up` at once, twice: `up` goes on where it was, and the audit passes."""

import asyncio
import contextlib
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from devstack.system import SERVICES
from schemas.cloudevent import CloudEvent
from services.notifier.domain.text_states import FINAL
from services.policy.model import Telling
from tests.kits.system.breakable import Told, faults_of, simulator, told
from tests.kits.system.load import customers, story
from tests.kits.waiting import until

ROOT = Path(__file__).parents[3]
EVENTS, OVER = 400, timedelta(seconds=10)


@asynccontextmanager
async def up(folder: Path, log: Path) -> AsyncIterator[psutil.Process]:
    """`outagectl up` as a person starts it; whatever is left of it at the end is killed."""
    with log.open("ab") as out:
        command = [sys.executable, "-m", "outagectl", "up", "--data", str(folder)]
        process = psutil.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield process
    finally:
        if process.is_running():
            process.terminate()
            await asyncio.to_thread(process.wait, 40)


async def runs(log: Path, times: int) -> None:
    """Wait until `up` has said that everything runs, for so many times."""
    await until(lambda: log.read_text().count("Everything runs.") == times, 60, "outagectl up")


async def kill_everything(process: psutil.Process) -> int:
    """SIGKILL the command, its supervisor, PostgreSQL with its children, Kafka, the simulator and all services."""
    everything = [process, *process.children(recursive=True)]
    for one in everything:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    await asyncio.to_thread(psutil.wait_procs, everything, 20)
    assert not [one for one in everything if one.is_running()]
    return len(everything)


async def pump_until_broken(city: Told, events: Sequence[CloudEvent]) -> None:
    """Publish until there is nobody left to publish to."""
    with contextlib.suppress(Exception):
        await city.pump(events)


TAKEN = "select count(*) from inbox where topic = 'outage.dispatch' and source <> '/board'"
"""What dispatch said; the board of `outagectl up` says there which notices it could read."""


@pytest.mark.timeout(240)
async def test_kill_9_of_everything_in_the_middle_and_the_story_goes_on(tmp_path: Path) -> None:
    folder, log = tmp_path / "data", tmp_path / "up.log"
    async with up(folder, log) as first:
        await runs(log, 1)
        async with told(folder) as city:
            await simulator(city.where, "POST", "faults", [{"kind": "created-5xx", "rate": 0.1}])
            await city.register(customers(40, city.clock.now()))
            events = city.events(story(EVENTS, city.clock.now(), OVER, seed=3))
            pumping = asyncio.create_task(pump_until_broken(city, events))
            await asyncio.sleep(0.6 * OVER.total_seconds())
            processes = await kill_everything(first)
            assert processes >= 10, "the command, its warden, Postgres, Kafka, the simulator, four services"
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
    async with up(folder, log) as second:
        # Again, while it is still coming up and catching up.
        await asyncio.sleep(5)
        await kill_everything(second)
    async with up(folder, log):
        said = log.read_text().count("Everything runs.")
        await runs(log, said + 1)
        async with told(folder) as city:
            # A dispatch system that never heard whether its events arrived says them all again.
            await city.publish(events)
            await city.idle.wait(60)
            # News waits for more of it: then its texts go.
            await asyncio.sleep(Telling().group_wait.total_seconds() + 5)
            await city.idle.wait(60)
            for name in SERVICES:
                assert await city.logs[name].fetchval(TAKEN) == EVENTS
                assert await city.logs[name].fetchval("select count(*) from quarantine") == 0
            assert faults_of(await city.audit()) == {}
            rows = await city.logs["notifier"].fetch("select message_id, state, not_before from notification")
            now = city.clock.now()
            assert [row for row in rows if row["state"] not in FINAL and row["not_before"] <= now] == []
            made = Counter(message["message_id"] for message in await city.messages())
            assert len(made) > 20
            assert max(made.values()) == 1
