"""The simulator after `kill -9`: what it had answered for is there, and nobody's phone rings twice."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.kept.phones import FILE_NAME, read_handsets
from services.notifier.domain.provider.port import Accepted, ProviderMessage, SendRequest
from tests.kits.stack.twilio import ANNA, BEN, control, make_provider, world
from tests.kits.waiting import until

TEXT = "Power is back, ref K7F3Q"


async def start(folder: Path, *more: str) -> tuple[Process, str]:
    command = (sys.executable, "-m", "devstack.twilio", "--folder", str(folder), *more)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 10)
    return process, json.loads(line)["url"]


async def stop(process: Process, number: signal.Signals) -> int:
    process.send_signal(number)
    return await asyncio.wait_for(process.wait(), 10)


async def test_messages_and_handsets_are_found_again_after_a_kill(tmp_path: Path) -> None:
    process, url = await start(tmp_path, "--rate", "20")
    provider = make_provider(url)
    sids = []
    for turn in range(20):
        request = SendRequest(message_id=f"m-{turn}", attempt=1, to=ANNA, body=f"{TEXT} {turn}", valid_seconds=600)
        outcome = await provider.send(request)
        assert isinstance(outcome, Accepted)
        sids.append(outcome.sid)
    await until(lambda: read_handsets(tmp_path))
    assert await stop(process, signal.SIGKILL) == -signal.SIGKILL
    before = read_handsets(tmp_path)
    assert 0 < len(before) < 20, "killed in the middle"
    await provider.close()

    process, url = await start(tmp_path, "--rate", "200")
    provider = make_provider(url)
    assert isinstance(await provider.fetch(sids[-1]), ProviderMessage)
    await until(lambda: len(read_handsets(tmp_path)) == 20)
    _, health = await control(url, "GET", "health")
    await asyncio.sleep(0.2)
    after = read_handsets(tmp_path)
    assert sorted(text.sid for text in after) == sorted(sids), "each exactly once"
    assert after[: len(before)] == before
    assert health["messages"] == 20
    await provider.close()
    assert await stop(process, signal.SIGTERM) == 0


async def test_a_kill_between_the_handset_and_its_receipt_does_not_ring_twice(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await stage.provider.send(stage.request(to=ANNA))
        await until(lambda: not stage.sim.account.book.unfinished())
    file = tmp_path / "messages.jsonl"
    *before, last = file.read_bytes().splitlines(keepends=True)
    assert b'"delivered"' in last
    file.write_bytes(b"".join(before))  # as if killed after the handset's line and before the receipt's
    async with world(tmp_path) as stage:
        await until(lambda: not stage.sim.account.book.unfinished())
        assert len(stage.sim.texts(ANNA)) == 1
    assert len(read_handsets(tmp_path)) == 1


async def test_half_a_line_left_by_a_kill_is_dropped_and_does_not_swallow_the_next(tmp_path: Path) -> None:
    settings = SimulatorSettings(send_seconds=0, deliver_seconds=0)
    async with world(tmp_path, settings=settings) as stage:
        await stage.provider.send(stage.request(to=ANNA))
        await until(lambda: stage.sim.texts(ANNA))
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes() + b'{"received":{"to":"+4477')
    assert [text.to for text in read_handsets(tmp_path)] == [ANNA]
    async with world(tmp_path, settings=settings) as stage:
        await stage.provider.send(stage.request(to=BEN))
        await until(lambda: stage.sim.texts(BEN))
    assert [text.to for text in read_handsets(tmp_path)] == [ANNA, BEN]


async def test_somebody_who_opted_out_stays_out_after_a_restart(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await control(stage.sim.url, "POST", "inbound", {"from": ANNA, "body": "STOP"})
    async with world(tmp_path) as stage:
        assert not isinstance(await stage.provider.send(stage.request(to=ANNA)), Accepted)
        assert isinstance(await stage.provider.send(stage.request(to=BEN)), Accepted)


def test_handsets_of_a_folder_that_never_was_are_empty(tmp_path: Path) -> None:
    assert read_handsets(tmp_path / "nowhere") == []
