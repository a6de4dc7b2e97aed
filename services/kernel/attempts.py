"""Trying again: what waiting cures, what only going one by one finds, and whom it then condemns."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
import structlog

from services.kernel.kafka import KafkaError
from services.kernel.model import KernelError

log = structlog.get_logger()

# What waiting or trying again can cure; anything else is a fault of a message or of ours.
TRANSIENT = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
)
AWAY = (
    OSError,
    KafkaError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
)
TRIES = 50

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Condemned:
    """A message that is known to fail. `routable`: it failed after its stream was found, which it then parks."""

    detail: str
    routable: bool


async def attempt(
    items: Sequence[T], run: Callable[[Sequence[T], Mapping[str, Condemned]], Awaitable[R]], cause: Callable[[T], str]
) -> list[R]:
    """Run all of `items` in one transaction.

    If that fails for a reason of its own, each alone, and what then fails is condemned: `run` sets it aside. Conflicts
    are tried again.

    Raises:
        AWAY, KernelError: nothing was done about the items that did not get through.
        Exception: even setting an item aside failed.

    """
    condemned: dict[str, Condemned] = {}
    for count in range(1, TRIES + 1):
        try:
            return [await run(items, condemned)]
        except TRANSIENT as error:
            log.warning("write path retries", error=repr(error), attempt=count)
            await asyncio.sleep(min(0.01 * 2**count, 1.0))
        except (*AWAY, KernelError):
            raise
        except Exception as error:
            if len(items) > 1:
                log.warning("a batch falls apart, going one by one", error=repr(error), items=len(items))
                return [done for item in items for done in await attempt([item], run, cause)]
            known = condemned.get(cause(items[0]))
            if known is not None and not known.routable:
                raise
            condemned[cause(items[0])] = Condemned(f"{type(error).__name__}: {error}", routable=known is None)
    raise KernelError(f"{len(items)} messages could not be written in {TRIES} tries: see the log for the conflicts")
