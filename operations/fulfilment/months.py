"""Read months as the restorer has them: their times, what their cases come to now, the statement that stands, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from operations.errors import Misused, NotFound
from operations.system.database import Connection, connect, enter, sight
from operations.system.instants import clock_of
from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.restorations import FulfilmentPublished, FulfilmentRow, StatementChange
from services.kernel.queries import queries
from services.restorer.domain.months.bounds import Month
from services.restorer.domain.months.decider import RestorerMonth
from services.restorer.domain.months.events import AggregateJudged, MonthJudged, MonthOpened
from services.restorer.domain.months.figures import MonthFacts, MonthFigures
from services.restorer.domain.months.judging import rate_of
from services.restorer.domain.months.state import MonthState
from services.restorer.domain.months.statement import changes
from services.restorer.tables.months.figures import figures_of
from services.restorer.tables.months.rules import MonthRules

SQL = queries(Path(__file__).parents[1] / "sql" / "fulfilment.sql")
NEEDED = ("month_case", "case_of_statement", "policy_terms", "live")
Promised = Mapping[str, Any]
"""A promise as views show it."""


class MonthView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A month as its stream has it, whatever version wrote that."""

    month: str
    opened: MonthOpened | None = None
    counted: MonthJudged | None = None
    rules: tuple[AggregateJudged, ...] = ()
    promises: tuple[Promised, ...] = ()
    statement: FulfilmentPublished | None = None

    def state(self) -> MonthState:
        """What of its state says by which rules it goes, and what was said of them."""
        judged = {word.rule.rule_id: word for word in self.rules}
        return MonthState(self.month, self.opened, self.counted, judged, published=self.statement)


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """A month as it stands: `rows` and `rate` by its cases now, `changes` against the statement that stands."""

    view: MonthView
    figures: MonthFigures
    rows: Sequence[FulfilmentRow]
    rate: float | None
    changes: Sequence[StatementChange]


async def months(where: Where) -> list[MonthView]:
    """Every month that has a case, the newest first.

    Raises:
        Incomplete: this role may not see it.

    """
    async with connect(where) as connection:
        await _enter(connection)
        rows = await connection.fetch(SQL["months"])
    return [msgspec.json.decode(row["view"], type=MonthView) for row in rows]


async def standing(where: Where, month: str) -> MonthStanding:
    """One month.

    Raises:
        Misused: it is no month.
        NotFound: it has no case.
        Incomplete: this role may not see it.

    """
    named(month)
    decider = load("restorer", where).deciders["month"]
    if not isinstance(decider, RestorerMonth):
        raise TypeError("months are the restorer's")
    rules = MonthRules(decider.policy, decider.calendar)
    async with connect(where) as connection:
        await _enter(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            kept = await connection.fetchval(SQL["month"], month)
            figures = await figures_of(connection, month)
            found = msgspec.json.decode(kept, type=MonthView) if kept is not None else None
            state = found.state() if found is not None else MonthState(month)
            terms = await rules.of_month(connection, state)
    if kept is None and not figures.cases:
        raise NotFound(
            f"nothing was promised for {month}, and nothing measured: outagectl fulfilment show lists the months"
        )
    view = found or MonthView(month=month)
    rows = decider.rows_now(state, MonthFacts(terms, figures), clock_of(where).now())
    said = view.statement
    differs = [*changes(said.rows, rows)] if said is not None else []
    return MonthStanding(view, figures, rows, rate_of(figures).figure, differs)


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """The promises of a month whose outages were in one area; None: nobody said in which."""

    area: str | None
    kept: int
    broken: int
    voided: int
    open: int

    @property
    def rate(self) -> float | None:
        """Kept, of kept and broken, in percent; None where none was decided."""
        decided = self.kept + self.broken
        return 100 * self.kept / decided if decided else None


async def by_area(where: Where, month: str, rule: str | None) -> list[AreaFigures]:
    """How the promises of a month stand, area by area.

    Raises:
        Misused: it is no month.
        Incomplete: this role may not see it.

    """
    named(month)
    async with connect(where) as connection:
        await _enter(connection)
        return [AreaFigures(**dict(row)) for row in await connection.fetch(SQL["areas"], month, rule)]


async def cases(where: Where, month: str, rule: str | None, statement: str | None) -> list[str]:
    """The lines of its cases, in the order in which digests are made: as they stand, or as a statement froze them.

    Raises:
        Misused: it is no month.
        NotFound: there is no such statement, or no such case.
        Incomplete: this role may not see it.

    """
    named(month)
    async with connect(where) as connection:
        await _enter(connection)
        if statement is None:
            rows = await connection.fetch(SQL["cases"], month, rule)
        else:
            if not await connection.fetchval(SQL["is_statement"], statement, month):
                raise NotFound(f"there is no statement {statement} of {month}: outagectl fulfilment show {month}")
            await with_its_cases(connection, statement)
            rows = await connection.fetch(SQL["statement_cases"], statement, rule)
    if not rows and rule is not None:
        raise NotFound(f"no case of rule {rule} falls in {month}: outagectl fulfilment show {month} lists the rules")
    return [row["line"] for row in rows]


async def with_its_cases(connection: Connection, statement: str) -> None:
    """Make sure that the cases of a statement are here.

    Raises:
        NotFound: they were lost with the database that had them.

    """
    if await connection.fetchval(SQL["is_lost"], statement):
        raise NotFound(
            f"{statement} was published in a time that this database has lost, and its cases with it; the next statement says "
            "what differs from it"
        )


async def explained(where: Where, month: str) -> dict[tuple[str, str], str]:
    """Why promises of a month were broken, as people said it and who: by service and promise id.

    Raises:
        Incomplete: this role may not see it.

    """
    async with connect(where) as connection:
        await _enter(connection)
        rows = await connection.fetch(SQL["explained"], month)
    return {(row["service"], row["promise_id"]): f"{row['reason']} ({row['by']})" for row in rows}


def named(month: str) -> str:
    """The same, if it names a month.

    Raises:
        Misused: it does not.

    """
    try:
        return msgspec.convert(month, Month)
    except msgspec.ValidationError:
        raise Misused(f"{month!r} is no month: write it as 2026-03") from None


async def _enter(connection: Connection) -> None:
    (await sight(connection, ("restorer",), NEEDED)).demand()
    await enter(connection, "restorer")
