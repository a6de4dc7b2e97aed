"""Audit months: each promise of the log is a case that stands as the log says, and each statement has the cases it was made of."""

from __future__ import annotations

from typing import Final

from operations.audit.report import Report
from operations.fulfilment.months import SQL
from operations.system.database import Connection

MOST: Final = 20


async def audit_months(connection: Connection, report: Report) -> None:
    """Look at the cases and statements of the restorer, whose schema is entered; a database of before has none."""
    if await connection.fetchval("select to_regclass('case_of_statement')") is None:
        return
    cases = report.check(
        "restorer", "cases", "every promise of the log is counted, and stands as the log says", "promise"
    )
    cases.checked = await connection.fetchval(SQL["promised"])
    for row in await connection.fetch(SQL["otherwise"], MOST):
        cases.fault(
            f"{row['promise_id']} is {row['said'] or 'not'} in the log and {row['counted'] or 'not'} among the cases"
        )
    statements = report.check(
        "restorer", "statements", "every statement has the cases that it was made of", "statement"
    )
    for row in await connection.fetch(SQL["statements"]):
        statements.checked += 1
        if row["named"] != row["kept"] and not row["lost"]:
            statements.fault(f"the cases kept of {row['statement_id']} are not those that it was made of")
        if not row["in_log"]:
            statements.fault(f"{row['statement_id']} is not in the log as it is kept")
