"""Hold what the restorer counts of outages to its views, and to the facts: who had no power has it again when all is over."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from schemas.contracts.dispatch import OutageReopened, OutageStarted, OutageWithdrawn

OTHERWISE: Final = """
select substr(l.stream_id, 8) as mrid from live l left join counted_outage c on c.mrid = substr(l.stream_id, 8)
where l.stream_id like 'outage/%' and l.view -> 'figures' is not null
  and coalesce(c.figures, '{}') is distinct from l.view -> 'figures'
"""
"""Outages whose rows say something else than their views; those are held to the log by the audit. A plan has no row."""
ROWS: Final = """
select mrid, number, off_from, off_until, customers from interruption order by mrid, number
"""
LACKING: Final = """
select c.mrid from counted_outage c
where coalesce(jsonb_array_length(c.figures -> 'interruptions'), 0)
  <> (select count(*) from interruption i where i.mrid = c.mrid)
"""


def never_were(facts: Iterable[Any]) -> set[str]:
    """The outages that were none by the last word of dispatch: nobody said at a later instant that power is off after all."""
    last: dict[str, tuple[datetime, bool]] = {}
    for fact in facts:
        match fact:
            case OutageWithdrawn():
                word = fact.withdrawn_at, True
            case OutageStarted():
                word = fact.started_at, False
            case OutageReopened():
                word = fact.reopened_at, False
            case _:
                continue
        last[fact.mrid] = max(last.get(fact.mrid, word), word)
    return {mrid for mrid, (_, was_none) in last.items() if was_none}


async def miscounted_outages(log: asyncpg.Connection, never: Collection[str]) -> list[str]:
    """What is wrong with those tables in the end. `never`: outages that there were not; `log`: the restorer's database."""
    wrong = [f"{row['mrid']} is counted otherwise than its view says" for row in await log.fetch(OTHERWISE)]
    wrong += [f"{row['mrid']} has other interruptions than are counted of it" for row in await log.fetch(LACKING)]
    return [*wrong, *impossible(await log.fetch(ROWS), never)]


def impossible(rows: Iterable[Mapping[str, Any]], never: Collection[str]) -> Iterator[str]:
    """Interruptions that cannot be so once all power is back: without an end, of fewer than none, of outages that were not."""
    for row in rows:
        name = f"interruption {row['number']} of {row['mrid']}"
        if row["off_until"] is None:
            yield f"{name} has no end, and power is back everywhere"
        elif row["off_until"] < row["off_from"]:
            yield f"{name} ends before it begins"
        if row["customers"] is not None and row["customers"] < 0:
            yield f"{name} is of {row['customers']} customers"
        if row["mrid"] in never:
            yield f"{name} is of an outage that there was not"
