"""Wait at the start for servers that are away: ask until they answer, and say so meanwhile.

A start that ends because a server is not there yet is only begun again by whoever watches the process, later each time
(CrashLoopBackOff); waiting in place is ready a moment after the server is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog

from services.kernel.adapters.away import AWAY, TRANSIENT
from services.kernel.observing.complaint import why
from services.kernel.observing.health import Health

log = structlog.get_logger()

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 1.0
TRY_SECONDS = 10.0

T = TypeVar("T")

# What the database says where the settings name the wrong thing in it: no waiting cures that.
WRONG_SETTINGS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidParameterValueError,
    asyncpg.UndefinedObjectError,
    asyncpg.InsufficientPrivilegeError,
)


class NotThere(OSError):
    """Something is not there yet that others make: topics. Waiting cures it."""


async def patiently(
    ask: Callable[[], Awaitable[T]], what: str, health: Health, *, limit: float | None = TRY_SECONDS
) -> T:
    """The answer to `ask`, however long what it asks is away; each try has `limit` seconds, or as long as it takes.

    Raises:
        Exception: anything that is not of AWAY, which waiting would not cure.

    """
    wait, said = FIRST_SECONDS, ""
    while True:
        health.starting(what + (f" ({said})" if said else ""))
        try:
            async with asyncio.timeout(limit):
                return await ask()
        except (*AWAY, *TRANSIENT) as error:
            reason = str(error) if isinstance(error, NotThere) else why(error, limit or 0.0)
            if reason != said:
                log.warning("the start waits", waits_for=what, reason=reason)
            said = reason
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_SECONDS)
