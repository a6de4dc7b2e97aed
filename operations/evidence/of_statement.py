"""Collect an evidence bundle of a statement: its month's stream with proofs, and its cases line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.errors import NotFound
from operations.evidence.collect import SQL, forgotten_parts, policy_text, prove
from operations.evidence.form import Bundle, Heads, StatementCases, references
from operations.fulfilment.months import SQL as MONTHS
from operations.fulfilment.months import with_its_cases
from operations.system.database import connect, enter, sight
from operations.system.location import Where
from services.kernel.proof.heads import key_id

SERVICE = "restorer"


async def collect_statement(
    where: Where,
    statement: str,
    *,
    folders: Sequence[Path],
    made_at: datetime,
    made_by: str,
    key: Ed25519PrivateKey | None,
) -> Bundle:
    """All that is known of a statement, with proofs as far as heads are signed.

    Raises:
        Away: the database cannot be reached.
        NotFound: there is no such statement, or its cases were lost.
        HeadError: a stored head cannot be read.

    """
    month, _, _ = statement.partition("/")
    async with connect(where) as connection:
        (await sight(connection, (SERVICE,), ("event", "case_of_statement"))).demand()
        await enter(connection, SERVICE)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if not await connection.fetchval(MONTHS["is_statement"], statement, month):
                raise NotFound(f"there is no statement {statement}: outagectl fulfilment show lists them")
            await with_its_cases(connection, statement)
            rows = list(await connection.fetch(SQL["outage_stream"], f"month/{month}"))
            lines = [row["line"] for row in await connection.fetch(MONTHS["statement_cases"], statement, None)]
            gone = await forgotten_parts(connection, rows)
            events, signed = await prove(connection, SERVICE, rows, gone)
    named = [references(event.data) for event in events if event.data is not None]
    policies = sorted(set[tuple[str, str]]().union(*(found for found, _ in named)))
    return Bundle(
        format="outage-evidence.v1",
        outage="",
        customer=None,
        made_at=made_at,
        made_by=made_by,
        product=version("outage-notice"),
        key_id=key_id(key.public_key()) if key else None,
        events=tuple(events),
        heads=(Heads(service=SERVICE, heads=tuple(signed)),) if signed else (),
        policies=tuple(policy_text(one, folders) for one in policies),
        calendars=tuple(sorted(set[str]().union(*(found for _, found in named)))),
        messages=(),
        statement=StatementCases(statement_id=statement, month=month, lines=tuple(lines)),
    )
