"""Fill the restorer's tables with a month of outages of two steps each, and make the month's report of them."""

from __future__ import annotations

import os
import resource
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg

from operations.reports.making import cases_of, report_of
from operations.reports.page import PageFacts, page_of
from operations.reports.page.page import CASE_FIGURES
from operations.reports.reading import report_facts
from operations.system.location import Where

MONTH = "2026-03"
BEGINS = datetime(2026, 2, 28, 16, tzinfo=UTC)
"""Its first midnight in Shanghai."""
_OUTAGES = """
insert into counted_outage (mrid, version, figures, outage_class, territories, lines, areas, first_known)
select 'bench-' || n, 1,
  jsonb_build_object('words', jsonb_build_object(
    'firstKnown', to_char(s.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'firstSaid', to_char((s.since + interval '10 minutes') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'moved', n % 3)),
  (array['fault', 'planned'])[1 + n % 2], '{urban}', array['line ' || n % 2000], array['area ' || n % 300], s.since
from generate_series(0, $1::int - 1) as n cross join lateral (select $2::timestamptz + n % 44000 * interval '1 minute' as since) s
"""
_STEPS = """
insert into interruption (mrid, number, episode, off_from, off_until, customers, known_by)
select mrid, step, 1, first_known, first_known + step * 30 * interval '1 minute', 10 * step, 'customersAffected'
from counted_outage cross join generate_series(1, 2) as step
"""
"""Ten customers for half an hour and twenty for an hour: 30 interruptions and 1,500 customer minutes each."""
INTERRUPTED, MINUTES = 30, 1_500


async def fill(address: str, outages: int) -> None:
    """Put so many outages into the tables of the restorer there."""
    connection = await asyncpg.connect(address, server_settings={"search_path": "restorer"})
    try:
        await connection.execute(_OUTAGES, outages, BEGINS)
        await connection.execute(_STEPS)
        await connection.execute("analyze counted_outage; analyze interruption")
    finally:
        await connection.close()


async def measure(where: Where) -> dict[str, Any]:
    """The report, its cases and its page: seconds of each, of the clock and of the processor; and the most memory it took."""
    clock, processor = time.perf_counter(), time.process_time()
    read = await report_facts(where, MONTH)
    report = report_of(read)
    made, spent = time.perf_counter() - clock, time.process_time() - processor
    cases = {figure: cases_of(read, figure) for figure in CASE_FIGURES}
    facts = PageFacts(report=report, cases=cases, month=None, utility="bench", data_as_of=read.as_of)
    page = page_of(facts, "en")
    whole = report.whole.indices
    return {
        "outages": whole.outages,
        "interrupted": whole.customers_interrupted,
        "customerMinutes": whole.customer_minutes,
        "cases": sum(len(found) for found in cases.values()),
        "reportSeconds": round(made, 2),
        "reportCpuSeconds": round(spent, 2),
        "pageSeconds": round(time.perf_counter() - clock - made, 2),
        "pageKB": len(page.encode()) // 1000,
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
