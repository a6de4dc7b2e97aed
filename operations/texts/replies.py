"""List what customers answered to our texts, what it was taken for, what a person must read, and who wants no texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import asyncpg
import msgspec

from operations.errors import Away
from operations.system.asking import OperatorAnswer, ask
from operations.system.database import Connection, Row, connect, enter, sight
from operations.system.instants import clock_of
from operations.system.location import Where
from services.kernel.observing.masking import mask
from services.kernel.queries import queries
from services.notifier.replying.calling_back import CALL_BACK, CallbackResult

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "replies.sql")
NEEDS: Final = ("reply", "reply_to_read", "standing_cause", "task")


class ReplyShown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A text that came in. `reason`: whom it was taken to be about; `to_read`: why a person must read it; `waits`: nobody has."""

    reply_id: str
    provider: str
    body: str
    meaning: str
    reason: str
    code: str | None
    customers: Sequence[str]
    received_at: datetime
    to_read: Sequence[str]
    waits: bool


class StoppedContact(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A contact that answered STOP."""

    customer_id: str
    contact_id: str
    since: datetime


async def latest_replies(where: Where, customer: str | None, *, unread: bool, limit: int) -> list[ReplyShown]:
    """Texts that came in, the latest first.

    Raises:
        Incomplete: this role may not see them.

    """
    async with _notifier(where) as connection:
        now = clock_of(where).now()
        return [_shown(row) for row in await connection.fetch(SQL["latest"], customer, unread, limit, now)]


async def these_replies(where: Where, ids: Sequence[str]) -> list[ReplyShown]:
    """Texts that came in, by their ids, oldest first; of what was forgotten since, none."""
    async with _notifier(where) as connection:
        return [_shown(row) for row in await connection.fetch(SQL["these"], list(ids))]


async def stopped_contacts(where: Where, limit: int) -> list[StoppedContact]:
    """Contacts that want no texts, the latest first."""
    async with _notifier(where) as connection:
        return [
            StoppedContact(customer_id=row["customer_id"], contact_id=row["contact_id"], since=row["since"])
            for row in await connection.fetch(SQL["stopped"], limit)
        ]


async def record_callback(
    where: Where, customer: str, power: Literal["back", "off"], *, by: str | None, opinion: str | None
) -> OperatorAnswer:
    """What a customer said when somebody called after a repair; phone numbers in it are taken out.

    Raises:
        Refused: no such customer, or nobody told them that power is back.

    """
    said = mask(opinion.strip()) if opinion and opinion.strip() else None
    detail = CallbackResult(customer_id=customer, power=power, by=mask(by) if by else None, opinion=said)
    return await ask(where, "notifier", CALL_BACK, detail)


@asynccontextmanager
async def _notifier(where: Where) -> AsyncIterator[Connection]:
    async with connect(where) as connection:
        (await sight(connection, ("notifier",), NEEDS)).demand()
        try:
            await enter(connection, "notifier")
            yield connection
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


def _shown(row: Row) -> ReplyShown:
    return ReplyShown(**{name: row[name] for name in ReplyShown.__struct_fields__})
