"""Show the sends that wait for a person, and approve or refuse one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from operations.errors import Away
from operations.system.asking import ask
from operations.system.database import connect, enter, present
from operations.system.location import Where
from services.kernel.queries import queries
from services.notifier.sending.approving.requests import APPROVE, REFUSE, OneSend

SQL = queries(Path(__file__).parents[2] / "services" / "notifier" / "sql" / "approving.sql")


async def sends(where: Where, *, decided: bool = False) -> Sequence[Mapping[str, Any]]:
    """Large sends that wait or were refused, with the texts that each holds; `decided`: those that were approved, too."""
    async with connect(where) as connection:
        await present(connection, ("notifier",), ("large_send",))
        await enter(connection, "notifier")
        try:
            return [dict(row) for row in await connection.fetch(SQL["sends"], decided)]
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


async def decide(where: Where, send: str, reason: str, *, approve: bool) -> tuple[str, Mapping[str, Any]]:
    """Approve or refuse a send, by its id or its outage; what became of it, by name, and which it was.

    Raises:
        Refused: there is none, or no reason was given.

    """
    answer = await ask(where, "notifier", APPROVE if approve else REFUSE, OneSend(send=send), reason=reason)
    return answer.reason, answer.result
