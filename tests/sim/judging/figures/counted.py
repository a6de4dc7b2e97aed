"""Hold what the restorer counts of outages to the facts: who had no power has it again when all is over.

That its rows say what its views say is the audit's to look at.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from schemas.contracts.dispatch import OutageReopened, OutageStarted, OutageWithdrawn

ROWS: Final = """
select mrid, number, off_from, off_until, customers from interruption order by mrid, number
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
    """What is wrong with that table in the end. `never`: outages that there were not; `log`: the restorer's database."""
    return [*impossible(await log.fetch(ROWS), never)]


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
