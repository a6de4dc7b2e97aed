"""Play one seed on a database of its own, from its first step to its verdict."""

import asyncio
import logging

from tests.sim.city.databases import database
from tests.sim.city.story import Outcome, Story
from tests.sim.city.system import SimSystem
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace


def play(seed: int, postgres: str, template: str, *, attacks: bool = True, trace: Trace | None = None) -> Outcome:
    """What a seed comes to; one that cannot be judged is wrong. `postgres`: an administrator's; `template`: see databases."""
    with asyncio.Runner() as runner:
        made = database(postgres, template)
        address = runner.run(made.__aenter__())
        locks = LockTable(address)

        async def scenario(loop: SimLoop) -> Outcome:
            story = Story(SimSystem(loop, address), seed, attacks=attacks)
            try:
                return await story.play()
            except Exception as error:  # noqa: BLE001 - the other seeds are still played
                story.outcome.wrong.append(f"it did not come through: {type(error).__name__}: {str(error)[:300]}")
                return story.outcome

        try:
            return run(seed, scenario, locks=locks, trace=trace)
        finally:
            locks.close()
            runner.run(made.__aexit__(None, None, None))


_where: tuple[str, str] = ("", "")


def begin(postgres: str, template: str) -> None:
    """Make this process one that plays histories there: `play_here`.

    What a process computes once (rules, forms of names) is computed before the first: it would differ from the same history later.
    """
    global _where  # noqa: PLW0603 - what a worker process is told at its start
    _where = postgres, template
    # That what was broken does not answer is the point, not news.
    logging.getLogger().setLevel(logging.CRITICAL)
    play(0, postgres, template, attacks=False)


def play_here(seed: int) -> Outcome:
    """`play`, where this process was told to."""
    return play(seed, *_where)
