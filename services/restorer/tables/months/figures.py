"""Read what a month's cases come to; keep statements with their cases."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Stream
from services.restorer.domain.months.events import StatementTakenUp
from services.restorer.domain.months.figures import EarlierStatement, MonthFigures, RuleFigures, WorstCase
from services.restorer.tables.months.measured_cases import SQL

WORST: Final = 5
"""So many of the cases that took longest are named for each rule."""
EARLIER: Final = 12
"""So many months back a statement says which earlier ones late facts have overtaken."""


async def figures_of(connection: Any, month: str) -> MonthFigures:
    """All cases of a month, rule by rule."""
    reasons: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in await connection.fetch(SQL["reasons"], month):
        reasons[row["rule_id"], row["standing"]][row["reason"]] = row["count"]
    worst: dict[str, list[WorstCase]] = defaultdict(list)
    for row in await connection.fetch(SQL["worst"], month, WORST):
        worst[row["rule_id"]].append(WorstCase(name=row["name"], minutes=round(row["minutes"], 2)))
    rules = {
        row["rule_id"]: RuleFigures(
            rule=msgspec.json.decode(row["rule"], type=RuleRef),
            obligation=row["obligation"],
            made=row["made"],
            kept=row["kept"],
            broken=row["broken"],
            voided=row["voided"],
            open=row["open"],
            corrected=row["corrected"],
            voided_for=reasons[row["rule_id"], "voided"],
            measured=row["measured"],
            waiting=row["waiting"],
            left_out=reasons[row["rule_id"], "left-out"],
            total_us=row["total_us"],
            median_minutes=row["median_minutes"],
            worst=tuple(worst[row["rule_id"]]),
            calls=row["calls"],
            in_time=row["in_time"],
            digest=row["digest"],
        )
        for row in await connection.fetch(SQL["rules"], month)
    }
    (whole,) = await connection.fetch(SQL["digest"], month)
    return MonthFigures(rules, whole["cases"], whole["digest"])


async def read_earlier(connection: Any, month: str) -> list[EarlierStatement]:
    """Months before it for which a statement stands that their cases have overtaken."""
    found = []
    for row in await connection.fetch(SQL["earlier"], month, EARLIER):
        published = msgspec.json.decode(row["data"], type=FulfilmentPublished)
        now = await figures_of(connection, published.month or "")
        if now.digest != published.cases_digest:
            found.append(EarlierStatement(published, now.rules))
    return found


async def keep_statements(connection: Any, stream: Stream) -> None:
    """Statements that were just published, or taken up, with their cases."""
    for event in stream.new:
        match event.data:
            case FulfilmentPublished() as said:
                await _keep(connection, stream.state.month, said, is_lost=False)
            case StatementTakenUp(statement=said):
                await _keep(connection, stream.state.month, said, is_lost=True)


async def _keep(connection: Any, month: str, said: FulfilmentPublished, *, is_lost: bool) -> None:
    """`is_lost`: its cases are those of another database; they are here where they come to the same."""
    data = msgspec.json.encode(said).decode()
    cases_id = await connection.fetchval(
        SQL["put_statement"],
        said.statement_id,
        month,
        said.number,
        said.published_at,
        data,
        said.cases_digest,
        is_lost,
    )
    if cases_id is None and not is_lost:
        await connection.execute(SQL["freeze"], said.statement_id, month)
