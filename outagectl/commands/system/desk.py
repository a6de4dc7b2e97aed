"""`outagectl desk`: a place to work from on a cluster. It does nothing itself; people on duty run commands beside it."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from outagectl.terminal.say import console


def desk() -> None:
    """Stay until told to end (Ctrl-C, SIGTERM), so that commands can be run in this pod."""
    asyncio.run(_stay())


async def _stay() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # By hand, for a pod's first process is not ended by a signal that it does not ask for.
        loop.add_signal_handler(number, stop.set)
    console().print(
        "Ready. Set OUTAGE_OPERATOR to your name, then for instance: outagectl sending status; outagectl quarantine list; "
        "outagectl timers --late; outagectl watch",
        markup=False,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await stop.wait()
