"""Read what a month's cases come to, for a decision; keep statements with their cases."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Message, Stream, TimerFired
from services.restorer.domain.months.decider import JUDGE
from services.restorer.domain.months.events import StatementAsked
from services.restorer.domain.months.figures import EarlierStatement, MonthFigures, RuleFigures, WorstCase
from services.restorer.domain.months.state import MonthState
from services.restorer.tables.months.measured_cases import SQL

WORST: Final = 5
"""So many of the cases that took longest are named for each rule."""
EARLIER: Final = 12
"""So many months back a statement says which earlier ones late facts have overtaken."""


async def read_month(connection: Any, state: MonthState, message: Message) -> MonthFigures | None:
    """What the cases of a month come to, where `message` has it counted; None else.

    Who looks at a month brings it along (watching.py): to count 100,000 cases takes a second or more, in which nothing is decided.
    """
    match message.data:
        case StatementAsked():
            await connection.execute(SQL["hold_still"])
            figures = await figures_of(connection, state.month)
            return figures._replace(earlier=await _earlier(connection, state.month))
        case TimerFired(name=name) if name == JUDGE:
            return await figures_of(connection, state.month)
        case _:
            return None


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


async def _earlier(connection: Any, month: str) -> list[EarlierStatement]:
    found = []
    for row in await connection.fetch(SQL["earlier"], month, EARLIER):
        published = msgspec.json.decode(row["data"], type=FulfilmentPublished)
        now = await figures_of(connection, published.month or "")
        if now.digest != published.cases_digest:
            found.append(EarlierStatement(published, now.rules))
    return found


async def keep_statement(connection: Any, stream: Stream, before: MonthState) -> None:
    """A statement that was just published, with its cases."""
    state: MonthState = stream.state
    said = state.published
    if said is None or said == before.published:
        return
    data = msgspec.json.encode(said).decode()
    await connection.execute(SQL["put_statement"], said.statement_id, state.month, said.number, said.published_at, data)
    await connection.execute(SQL["freeze"], said.statement_id, state.month)
