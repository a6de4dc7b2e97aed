"""Count a month for its statement and write its cases down while decisions go on; the decision makes sure that it still holds.

To count and freeze 100,000 cases takes seconds. So it is done beforehand, of one moment, with a stamp over the versions of all rows
that were counted. The decision holds these tables still, and takes the count where the stamp is the same: then every row is.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from services.kernel.queries import queries
from services.restorer.domain.months.figures import MonthFigures
from services.restorer.tables.months.figures import figures_of, read_earlier
from services.restorer.tables.months.measured_cases import SQL as MONTHS

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "drafts.sql")
_FIGURES: Final = msgspec.json.Decoder(MonthFigures)


async def draft(connection: Any, month: str, now: datetime) -> str | None:
    """Count a month and write its cases down; under which name. None of a month that is not judged yet."""
    judged_from = await connection.fetchval(SQL["judged_from"], month)
    if judged_from is not None and now < judged_from:
        return None
    draft_id = f"{month}/{uuid4()}"
    async with connection.transaction(isolation="repeatable_read"):
        stamp = await connection.fetchval(SQL["stamp"], month)
        figures = await figures_of(connection, month)
        figures = figures._replace(earlier=await read_earlier(connection, month))
        cases_id = await connection.fetchval(SQL["lines_of"], month, figures.digest)
        if cases_id is None:
            cases_id = draft_id
            await connection.execute(SQL["write_lines"], cases_id, month)
        data = msgspec.json.encode(figures).decode()
        await connection.execute(SQL["put_draft"], draft_id, month, now, stamp, figures.digest, cases_id, data)
    return draft_id


async def counted(connection: Any, month: str, draft_id: str | None) -> MonthFigures | None:
    """What a month's cases come to now, held still until the transaction ends; None where they moved since that was counted.

    Without a draft they are counted here, and all that decides waits.
    """
    await connection.execute(MONTHS["hold_still"])
    if draft_id is None:
        return (await figures_of(connection, month))._replace(earlier=await read_earlier(connection, month))
    row = await connection.fetchrow(SQL["draft"], draft_id)
    if row is None or row["month"] != month or row["stamp"] != await connection.fetchval(SQL["stamp"], month):
        return None
    return _FIGURES.decode(row["figures"])
