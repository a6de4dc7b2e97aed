"""Read from the restorer's tables what a report of a month or a year is made of; each question has its index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from operations.errors import Misused
from operations.plans.policy import chosen_policy
from operations.reports.facts import FoundBy, ReportFacts, SilentTime
from operations.reports.form import CallFigures, CustomersServed
from operations.system.database import Connection, connect, enter, present
from operations.system.location import Where
from services.kernel.queries import queries
from services.kernel.warp import clock_from
from services.places import forms
from services.policy import Policy
from services.reliability import OutageFigures, SupplyInterruption, WordsOnTime
from services.reliability.indices import customer_minutes
from services.reliability.major_days import YEARS
from services.reliability.once import CountedGroup, WholeInterruption, counted_once
from services.reliability.periods import ReportPeriod, day_of, midnight, period_of

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "reports.sql")
TABLES: Final = ("counted_outage", "interruption", "merged_outage", "live", "network_element", "network_import")
_FIGURES = msgspec.json.Decoder(OutageFigures)
_WORDS = msgspec.json.Decoder(WordsOnTime)


async def report_facts(where: Where, written: str) -> ReportFacts:
    """Read what the report of a month (2026-03) or a year (2026) is made of.

    Raises:
        Away: the database cannot be reached or has no tables. Incomplete: this role may not read all of it.
        Misused: it is neither a month nor a year, or has not begun.

    """
    try:
        period = period_of(written, where.zone)
    except ValueError as error:
        raise Misused(str(error)) from None
    as_of = clock_from(where.clock_file).now()
    if period.start > as_of:
        raise Misused(
            f"{written} has not begun: it is {as_of.astimezone(where.zone):%Y-%m-%d %H:%M} ({where.zone_name})"
        )
    policy, _ = chosen_policy(None, None, where)
    async with connect(where) as connection:
        await present(connection, ("restorer",), TABLES)
        await enter(connection, "restorer")
        if await connection.fetchval("select to_regclass('interruption')") is None:
            raise Misused("the schema restorer is older than this version: run: outagectl migrate")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await read_facts(connection, period, where.zone_name, as_of, policy)


async def read_facts(
    connection: Connection, period: ReportPeriod, zone: str, as_of: datetime, policy: Policy
) -> ReportFacts:
    """The same over a connection to the restorer's tables, of one moment in all that it is made of."""
    sustained = policy.settings.reliability.sustained
    shared, unresolved = await _shared(connection, period.start, period.end)
    groups = [one for one in shared if period.start <= one.whole.since < period.end]
    known = {one.mrid for one in shared}
    groups += [
        _alone(row)
        for row in await connection.fetch(SQL["interruptions"], period.start, period.end)
        if row["mrid"] not in known
    ]
    said = await connection.fetch(SQL["words"], period.start, period.end)
    words = [(row["mrid"], _found_by(row), _WORDS.decode(row["words"] or "{}")) for row in said]
    found_by = {mrid: found for mrid, found, _ in words}
    silences = await _silences(connection, period)
    more = sorted({one.mrid for one in (*groups, *(silences or ()))} - found_by.keys())
    found_by |= {row["mrid"]: _found_by(row) for row in await connection.fetch(SQL["found_by"], more)}
    calls = await _calls(connection, period)
    served = await _served(connection, period, as_of, policy)
    last = min(period.end, as_of)
    lines = sorted({form for found in found_by.values() if len(found.lines) == 1 for form in forms(found.lines)} - {""})
    first = await connection.fetchval(SQL["since"])
    return ReportFacts(
        period,
        zone,
        as_of,
        policy,
        groups,
        found_by,
        words,
        calls,
        silences,
        served,
        {row["form"]: row["served"] for row in await connection.fetch(SQL["served_by_area"], last) if row["served"]},
        {row["form"]: row["served"] for row in await connection.fetch(SQL["served_by_line"], lines) if row["served"]},
        await _daily_before(connection, period, zone, as_of, sustained, policy, served),
        None if first is None else day_of(first, period.zone),
        unresolved,
        await connection.fetchval(SQL["not_counted"]),
    )


def _found_by(row: Any) -> FoundBy:
    return FoundBy(row["outage_class"], tuple(row["territories"]), tuple(row["lines"]), tuple(row["areas"]))


def _alone(row: Any) -> CountedGroup:
    whole = WholeInterruption(row["off_from"], row["off_until"])
    return CountedGroup(
        row["mrid"], row["number"], row["off_from"], row["off_until"], row["customers"], row["known_by"], whole
    )


async def _shared(connection: Connection, start: datetime, end: datetime) -> tuple[list[CountedGroup], int]:
    """The groups of outages of a time that handed customers over to others, and of these, whenever they began."""
    wanted = {one for row in await connection.fetch(SQL["handed"], start, end) for one in (row["mrid"], row["other"])}
    if not wanted:
        return [], 0
    outages: dict[str, Sequence[SupplyInterruption]] = {}
    roots: dict[str, str] = {}
    while new := wanted - outages.keys():
        roots |= {row["mrid"]: row["into_mrid"] for row in await connection.fetch(SQL["roots"], sorted(new))}
        found = {
            row["mrid"]: _FIGURES.decode(row["figures"]).interruptions
            for row in await connection.fetch(SQL["of_outages"], sorted(new))
        }
        outages |= {mrid: found.get(mrid, ()) for mrid in new}
        wanted |= {held.mrid for steps in found.values() for one in steps for held in one.held}
        wanted |= {roots[mrid] for mrid in wanted if mrid in roots}
    once = counted_once({mrid: [_rooted(one, roots) for one in found] for mrid, found in sorted(outages.items())})
    return once.groups, once.unresolved


def _rooted(one: SupplyInterruption, roots: Mapping[str, str]) -> SupplyInterruption:
    """With outages that were merged since as the ones that go on."""
    held = tuple(msgspec.structs.replace(held, mrid=roots.get(held.mrid, held.mrid)) for held in one.held)
    return msgspec.structs.replace(one, held=held) if held else one


async def _calls(connection: Connection, period: ReportPeriod) -> CallFigures | None:
    if await connection.fetchval("select to_regclass('followup')") is None:
        return None
    row = await connection.fetchrow(SQL["calls"], period.start, period.end)
    due = row["due"] if row is not None else 0
    if row is None or not due:
        return CallFigures(due=0, called=0, satisfied=0, unreached=0, rate=None)
    return CallFigures(
        due=due,
        called=row["called"],
        satisfied=row["satisfied"],
        unreached=row["unreached"],
        rate=row["called"] / due,
    )


async def _silences(connection: Connection, period: ReportPeriod) -> list[SilentTime] | None:
    if await connection.fetchval("select to_regclass('silent_time')") is None:
        return None
    return [SilentTime(**dict(row)) for row in await connection.fetch(SQL["silences"], period.start, period.end)]


async def _served(connection: Connection, period: ReportPeriod, as_of: datetime, policy: Policy) -> CustomersServed:
    """The average over the days of the period that have begun: by the network as it was at each day's end, else by the policy."""
    last = min(period.after, day_of(as_of, period.zone) + timedelta(days=1))
    days = [day for day in period.days() if day < last]
    rows = await connection.fetch(SQL["model_changes"], period.start, period.end, str(period.zone))
    changed = {row["day"] for row in rows}
    found: list[tuple[int | None, int]] = []
    for number, day in enumerate(days):
        if number and day not in changed:
            found.append(found[-1])
            continue
        row = await connection.fetchrow(SQL["served"], midnight(day + timedelta(days=1), period.zone))
        found.append((row["served"], row["unknown"]) if row is not None else (None, 0))
    setting = policy.settings.reliability.customers_served or None
    known = [served for served, _ in found if served]
    if not known:
        source = "setting" if setting else "not-known"
        return CustomersServed(
            customers=float(setting) if setting else None,
            source=source,  # type: ignore[arg-type]
            days=len(days),
            days_known=len(days) if setting else 0,
        )
    cited = await connection.fetch(SQL["editions"], midnight(days[-1] + timedelta(days=1), period.zone))
    return CustomersServed(
        customers=sum(known) / len(known),
        source="network-model",
        editions=tuple(f"{row['model_id']} of {row['date']:%Y-%m-%d}" for row in cited),
        days=len(days),
        days_known=len(known),
        unknown=found[-1][1],
    )


async def _daily_before(
    connection: Connection,
    period: ReportPeriod,
    zone: str,
    as_of: datetime,
    sustained: timedelta,
    policy: Policy,
    now: CustomersServed,
) -> Mapping[date, float]:
    """Daily SAIDI of the five years before the reporting year; none where nobody says how many customers are served."""
    if now.customers is None:
        return {}
    found: dict[date, float] = {}
    for year in range(period.first.year - YEARS, period.first.year):
        start, end = midnight(date(year, 1, 1), period.zone), midnight(date(year + 1, 1, 1), period.zone)
        row = await connection.fetchrow(SQL["served"], end)
        served = (row["served"] if row is not None else None) or policy.settings.reliability.customers_served
        per = float(served or now.customers)
        for day, minutes in (await daily_minutes(connection, start, end, zone, min(end, as_of), sustained)).items():
            found[day] = minutes / per
    return found


async def daily_minutes(
    connection: Connection, start: datetime, end: datetime, zone: str, as_of: datetime, sustained: timedelta
) -> dict[date, float]:
    """Customer minutes by the day on which their interruptions began."""
    shared, _ = await _shared(connection, start, end)
    inside = [one for one in shared if start <= one.whole.since < end]
    apart = sorted({one.mrid for one in shared})
    rows = await connection.fetch(SQL["daily"], start, end, zone, as_of, sustained, apart)
    found: dict[date, float] = {row["day"]: row["minutes"] for row in rows}
    for one in _sustained(inside, as_of, sustained):
        day = day_of(one.whole.since, ZoneInfo(zone))
        found[day] = found.get(day, 0.0) + customer_minutes(one, as_of)
    return found


def _sustained(groups: Iterable[CountedGroup], as_of: datetime, sustained: timedelta) -> Iterable[CountedGroup]:
    return (one for one in groups if one.customers and (one.whole.until or as_of) - one.whole.since > sustained)
