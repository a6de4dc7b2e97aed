"""Retry a batch; if it fails on its own account, split it and set aside the message that fails."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import asyncpg
import structlog

from services.kernel.adapters.away import AWAY, TRANSIENT, blames_the_data
from services.kernel.bounds import TooMuchAtOnce
from services.kernel.model import KernelError

log = structlog.get_logger()

TRIES = 50

T = TypeVar("T")
R = TypeVar("R")


class FailureStage(Enum):
    """How far a message that fails by itself is tried, one step after the other."""

    PARK = "park"
    """Its stream is found; it is set aside there and parks it."""
    NO_WAY = "no-way"
    """Not even its stream can be found: it is set aside without one."""
    UNREAD = "unread"
    """It cannot be set aside under its name either: its bytes are kept, unread."""


_STEPS = tuple(FailureStage)


@dataclass(frozen=True, slots=True)
class Condemned:
    """A message that is known to fail, and what is done about it."""

    detail: str
    step: FailureStage


async def attempt(
    items: Sequence[T],
    run: Callable[[Sequence[T], Mapping[Hashable, Condemned]], Awaitable[R]],
    name: Callable[[T], Hashable],
) -> list[R]:
    """Run all of `items` in one transaction.

    If that fails for a reason of its own, each alone, and what then fails is condemned by its `name`: `run` sets it
    aside, in the first way of `FailureStage` that works. Conflicts are tried again. Only what came out of a service's own code, or
    what Postgres said of the data, condemns, and the former only where it comes twice; a connection that ended, a missing right
    or a wrong schema never does.
    What is too much for one transaction is split.

    Raises:
        AWAY, KernelError: nothing was done about the items that did not get through.
        Exception: Postgres refuses us, and not what we write; or no way of setting an item aside was left.

    """
    condemned: dict[Hashable, Condemned] = {}
    suspected = False
    for count in range(1, TRIES + 1):
        try:
            return [await run(items, condemned)]
        except TRANSIENT as error:
            log.warning("write path retries", error=repr(error), attempt=count)
            await asyncio.sleep(min(0.01 * 2**count, 1.0))
        except (*AWAY, KernelError):
            raise
        except TooMuchAtOnce as error:
            if len(items) == 1:
                raise
            log.info("a batch is split", error=str(error), items=len(items))
            half = len(items) // 2
            return [*await attempt(items[:half], run, name), *await attempt(items[half:], run, name)]
        except Exception as error:
            if isinstance(error, asyncpg.PostgresError) and not blames_the_data(error):
                raise
            if len(items) > 1:
                log.warning("a batch falls apart, going one by one", error=repr(error), items=len(items))
                return [done for item in items for done in await attempt([item], run, name)]
            if not blames_the_data(error) and not suspected:
                # What one try says may be a connection's last word in whatever form; what the next says too is not.
                suspected = True
                log.warning("it fails by itself, once more to be sure", item=name(items[0]), error=repr(error))
                continue
            known = condemned.get(name(items[0]))
            left = _STEPS[0 if known is None else _STEPS.index(known.step) + 1 :]
            if not left:
                log.error("it cannot even be set aside", item=name(items[0]), error=repr(error))
                raise
            # The first failure is the one that says why.
            detail = known.detail if known is not None else f"{type(error).__name__}: {error}"
            condemned[name(items[0])] = Condemned(detail, left[0])
    raise KernelError(f"{len(items)} messages could not be written in {TRIES} tries: see the log for the conflicts")
