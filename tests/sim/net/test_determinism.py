"""One seed is one order of everything that passes the network, under losses, cuts and kills; another seed is another."""

import asyncio
from pathlib import Path

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault
from tests.sim.engine.trace import Trace, first_difference
from tests.sim.net.stage import Stage, played


async def a_bad_minute(stage: Stage) -> None:
    """Twenty texts of two senders, one of which is killed, while everything breaks now and then."""
    stage.sim.break_things(
        *(Fault(kind=kind, rate=0.15) for kind in ("created-drop", "created-5xx", "throttle")),
        *(Fault(kind=kind, rate=0.2) for kind in ("callback-doubled", "callback-reordered", "callback-lost")),
    )

    async def send(name: str) -> None:
        provider = stage.provider(name)
        for number in range(10):
            await provider.send(stage.request(f"+4477009001{number:02}", message_id=f"{name}-{number}"))

    one, _ = (stage.run(name, send(name)) for name in ("notifier-0", "notifier-1"))
    callbacks = stage.network.way("twilio", "gateway")
    await asyncio.sleep(0.05)
    callbacks.lose("request", "silence")
    callbacks.lose("answer", times=3)
    await asyncio.sleep(0.05)
    stage.loop.kill(one)
    stage.network.way("notifier-1", "twilio").freeze()
    await asyncio.sleep(2)
    stage.network.way("notifier-1", "twilio").thaw()
    callbacks.cut("reset")
    await asyncio.sleep(1)
    callbacks.heal()
    await asyncio.sleep(60)


def traced(folder: Path, seed: int) -> Trace:
    trace = Trace(text=True)
    settings = SimulatorSettings(seed=seed, callback_retry_seconds=1)
    played(folder, a_bad_minute, seed=seed, settings=settings, trace=trace)
    return trace


def test_a_seed_decides_all_that_passes(tmp_path: Path) -> None:
    first, again, other = (traced(tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert first.lines is not None
    assert again.lines is not None
    assert first_difference(first.lines, again.lines) == ""
    assert first.digest == again.digest
    assert first.digest != other.digest
    assert sum(" request " in line for line in first.lines) > 50, "a good deal passed"
    assert any("lost by" in line for line in first.lines), "and not all of it arrived"
