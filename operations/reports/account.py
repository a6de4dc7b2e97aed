"""Read what the page of a month or a year is made of: report, cases, how promises were kept, and up to when all is known."""

from __future__ import annotations

from operations.errors import NotFound
from operations.fulfilment.months import MonthStanding, cases, standing
from operations.reports.facts import ReportFacts
from operations.reports.making import cases_of, report_of
from operations.reports.page.page import CASE_FIGURES, PageFacts
from operations.reports.reading import report_facts
from operations.system.caught_up_marks import as_of, stands
from operations.system.database import connect
from operations.system.location import Where


async def account(where: Where, period: str, utility: str) -> PageFacts:
    """What the page of a period is made of. `utility`: in whose name it speaks.

    Raises:
        Away: the database cannot be reached or has no tables. Incomplete: this role may not read all of it.
        Misused: it is neither a month nor a year, or has not begun.

    """
    facts = await report_facts(where, period)
    month, lines = await _promises(where, facts)
    async with connect(where) as connection:
        known = as_of(await stands(connection, ("restorer",)), facts.as_of)
    return PageFacts(
        report=report_of(facts),
        cases={figure: cases_of(facts, figure) for figure in CASE_FIGURES},
        month=month,
        promise_lines=lines,
        utility=utility,
        data_as_of=known,
    )


async def _promises(where: Where, facts: ReportFacts) -> tuple[MonthStanding | None, list[str]]:
    if facts.period.is_year:
        return None, []
    try:
        return await standing(where, facts.period.name), await cases(where, facts.period.name, None, None)
    except NotFound:
        return None, []
