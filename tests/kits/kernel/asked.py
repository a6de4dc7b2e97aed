"""Put operators' requests into the table as outagectl does, and have the service's own code judge them."""

from uuid import UUID, uuid4

import asyncpg
import msgspec

from services.kernel.clock import Clock
from services.kernel.model import Service
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operating import OperatorDone
from services.kernel.operators.actions import TopicReader
from services.kernel.operators.answering import SQL, Operations, answer_of
from services.kernel.operators.shared_actions import DROP, RETRY, OneQuarantined
from services.kernel.upkeep.retry import Retried
from services.kernel.writing.transaction import Transaction


class RequestRefused(Exception):
    """The service said no."""


async def put(
    pool: asyncpg.Pool, clock: Clock, action: str, detail: object, *, who: str = "night shift", why: str = ""
) -> UUID:
    """A request that waits for its answer; returns its id."""
    request_id, raw = uuid4(), msgspec.json.encode(detail).decode()
    await pool.execute(SQL["ask"], request_id, clock.now(), who, action, why, raw)
    return request_id


async def ask(
    pool: asyncpg.Pool,
    service: Service,
    clock: Clock,
    action: str,
    detail: object,
    *,
    who: str = "night shift",
    why: str = "",
    broker: TopicReader | None = None,
) -> OperatorDone:
    """A request and its answer."""
    request_id = await put(pool, clock, action, detail, who=who, why=why)
    await Operations(Transaction(service, pool, Telemetry(service.name)), clock, broker).judge(request_id)
    answer = await answer_of(pool, request_id)  # type: ignore[arg-type]
    assert answer is not None
    if isinstance(answer, OperatorDone):
        return answer
    raise RequestRefused(f"{answer.reason}: {answer.explanation}")


async def retry(pool: asyncpg.Pool, service: object, clock: Clock, quarantine_id: object, who: str) -> Retried:
    """As `outagectl quarantine retry`."""
    detail = OneQuarantined(quarantine_id=UUID(str(quarantine_id)))
    return _retried(await ask(pool, service, clock, RETRY, detail, who=who))  # type: ignore[arg-type]


async def drop(pool: asyncpg.Pool, service: object, clock: Clock, quarantine_id: object, who: str, why: str) -> Retried:
    """As `outagectl quarantine drop`."""
    detail = OneQuarantined(quarantine_id=UUID(str(quarantine_id)))
    return _retried(await ask(pool, service, clock, DROP, detail, who=who, why=why))  # type: ignore[arg-type]


def _retried(answer: OperatorDone) -> Retried:
    judged = [(UUID(one["quarantineId"]), str(one["reason"])) for one in answer.result["judged"]]
    still_open = [(UUID(one["quarantineId"]), str(one["reason"])) for one in answer.result["stillOpen"]]
    return Retried(judged, still_open)
