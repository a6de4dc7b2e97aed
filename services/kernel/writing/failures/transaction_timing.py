"""Time the transactions of the write path and count them by how they ended."""

from collections.abc import Awaitable
from typing import TypeVar

from services.kernel.adapters.away import AWAY, TRANSIENT
from services.kernel.bounds import TooMuchAtOnce
from services.kernel.clock import Clock
from services.kernel.model import KernelError
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.fence import Hole

T = TypeVar("T")

# These end a transaction and say nothing against it: it is tried again whole, later, or in parts.
_NO_FAILURE = (*AWAY, Hole, KernelError, TooMuchAtOnce)


async def measured(telemetry: Telemetry, clock: Clock, transaction: Awaitable[T]) -> T:
    """What `transaction` returns; metrics learn how long it took, or that it met a conflict or an error."""
    began = clock.monotonic()
    try:
        done = await transaction
    except TRANSIENT:
        telemetry.append_failed("conflict")
        raise
    except _NO_FAILURE:
        raise
    except Exception:
        telemetry.append_failed("error")
        raise
    telemetry.append_took(clock.monotonic() - began)
    return done
