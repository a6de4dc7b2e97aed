"""Ask a service to do something by hand: put the request on record, let the service judge it, return its answer.

Where no process of the service runs (or none answers), and the role used here may write the service's log, the request
is judged here by the same code under the same locks: some actions are for a service that cannot start.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from operations.errors import Away, Misused, Refused
from operations.system.broker import reader
from operations.system.database import Connection, connect, enter, pool
from operations.system.instants import clock_of
from operations.system.location import Where
from operations.system.services import load
from operations.times import Times
from services.kernel.observing.masking import mask
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operating import OperatorDone, OperatorRefused
from services.kernel.operators.actions import NotYet
from services.kernel.operators.answering import SQL, Operations, answer_of
from services.kernel.queries import queries
from services.kernel.writing.transaction import Transaction

MAY = queries(Path(__file__).parents[1] / "sql" / "asking.sql")
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class OperatorAnswer:
    """What the service did: a name for it and its result; `request_id` names the stream operator/<id> that says so."""

    request_id: UUID
    reason: str
    result: Mapping[str, Any]


def who() -> str:
    """The person at this terminal, for the record: OUTAGE_OPERATOR, else the login name."""
    try:
        return os.environ.get("OUTAGE_OPERATOR") or getpass.getuser()
    except (KeyError, OSError):
        raise Misused("who does this nobody knows: set OUTAGE_OPERATOR to your name") from None


async def ask(where: Where, service: str, action: str, detail: msgspec.Struct, *, reason: str = "") -> OperatorAnswer:
    """Put a request on record and wait for its answer.

    Raises:
        Away: nobody can judge it now. It stands, and is judged once the service is up.
        Refused: the service said no, with its reason; or this role may not ask.

    """
    if mask(reason) != reason:
        raise Refused("the reason holds a phone number: leave it out, for reasons go on record and into the log")
    request_id = uuid4()
    async with connect(where) as connection:
        await enter(connection, service)
        row = (clock_of(where).now(), who(), action, reason, msgspec.json.encode(detail).decode())
        try:
            await connection.execute(SQL["ask"], request_id, *row)
        except asyncpg.UndefinedTableError:
            raise Away(f"the schema {service} is older than this version: run: outagectl migrate") from None
        except asyncpg.InsufficientPrivilegeError:
            raise Refused(
                f"the role used here may not ask anything of the {service}: use one that is a member of outage_operator "
                "(docs/operations.md, Roles)"
            ) from None
        except asyncpg.CheckViolationError as error:
            raise Misused(f"the request does not fit its form ({error.constraint_name}): make it shorter") from None
        return await _answered(where, connection, service, request_id)


async def is_running(connection: Connection, service: str) -> bool:
    """Whether a process of the service is connected to this database."""
    (standing,) = await connection.fetch(MAY["standing"], f"outage-{service}")
    return bool(standing["running"])


async def _answered(where: Where, connection: Connection, service: str, request_id: UUID) -> OperatorAnswer:
    (standing,) = await connection.fetch(MAY["standing"], f"outage-{service}")
    answer = None
    if standing["running"] or not standing["judges"]:
        answer = await _wait(connection, request_id)
    if answer is None and standing["judges"]:
        try:
            await _judge_here(where, service, request_id)
        except NotYet as why:
            raise Away(
                f"recorded as {request_id} and not done yet: {why}. The {service} does it once that has ended, without "
                f"being asked again. Look then: outagectl show operator {request_id}"
            ) from None
        answer = await answer_of(connection, request_id)
    if answer is None:
        raise Away(
            f"recorded as {request_id}; no answer came, so it will be judged when the {service} is up. "
            f"Look then: outagectl show operator {request_id}"
        )
    if isinstance(answer, OperatorDone):
        return OperatorAnswer(request_id, answer.reason, answer.result)
    said = Times(where.zone, where.zone_name).within(answer.explanation or answer.reason)
    raise Refused(f"{said} ({answer.reason}; on record as {request_id})")


async def _wait(connection: Connection, request_id: UUID) -> OperatorDone | OperatorRefused | None:
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if (answer := await answer_of(connection, request_id)) is not None:
            return answer
        await asyncio.sleep(POLL_SECONDS)
    return None


async def _judge_here(where: Where, service: str, request_id: UUID) -> None:
    async with pool(where, service) as made, contextlib.AsyncExitStack() as stack:
        loaded = load(service, where)
        # Most actions need no Kafka; those that do say so where none is set.
        broker = await stack.enter_async_context(reader(where)) if where.kafka else None
        await Operations(Transaction(loaded, made, Telemetry(service)), clock_of(where), broker).judge(request_id)
