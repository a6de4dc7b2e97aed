"""Do work again and again until cancelled: the one loop behind all that runs in the background.

What it does once for all of them: it pauses after the work, not by the clock; it waits out what its owner says waiting
cures, alone or as a group of nothing else, and says so once (see Complaint); whatever else is raised ends it. A
cancellation ends the work at its next await and the pause at once; nothing is caught, so an owner's `finally` runs.

Of another kind, and therefore not written with it: retries of one thing until it is done (`running/startup_wait.py`,
`Taking.take`, `writing/failures/attempts.py`); what is begun again and gives up after some times (`running/input_loop.py`); reading
on from a stream (`adapters/faust_shell.py`, the gateway's workers); waits for a condition, which end (devstack,
tests); the beat of a warped clock, which lies on a lower floor (`warp.py`).
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from inspect import isawaitable
from typing import Final, NoReturn

from services.kernel.adapters.away import DATABASE, Kinds, is_only
from services.kernel.observing.complaint import Complaint


class Turn(Enum):
    """What work may return of its turn; whatever else it returns says nothing."""

    MORE = "there is more to do: the next turn follows at once"


MORE: Final = Turn.MORE


async def every(
    seconds: float,
    work: Callable[[], object],
    *,
    cures: Kinds = (),
    waits: str = "",
    failing: tuple[float, float] | None = None,
    wake: asyncio.Event | None = None,
) -> NoReturn:
    """Call `work` (it may be async), pause for `seconds`, and so on.

    `cures`: what waiting cures; then the pause is `failing`, (first, longest) seconds, doubled with each failure in a
    row, or `seconds` again. `waits`: the line in the log that says so; without it the work says it, or nobody need know.
    `wake`: cleared before each turn, it ends a pause early, though none that follows a failure.

    Raises:
        Exception: whatever `work` raises that is not of `cures`.

    """
    complaint = Complaint(waits)
    first, longest = failing or (seconds, seconds)
    pause = first
    while True:
        if wake is not None:
            wake.clear()
        try:
            outcome = work()
            if isawaitable(outcome):
                outcome = await outcome
        except Exception as error:
            if not is_only(error, cures):
                raise
            if waits:
                # What is no outage may be a fault of ours: where it came from is worth its lines.
                complaint.say(error, **({} if is_only(error, DATABASE) else {"exc_info": error}))
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)
            continue
        complaint.over()
        pause = first
        await _rest(0.0 if outcome is MORE else seconds, wake)


async def _rest(seconds: float, wake: asyncio.Event | None) -> None:
    if wake is None or seconds <= 0:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
