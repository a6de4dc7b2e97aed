"""Fold each read model anew from the whole log, and hold it against the live one: no row more, none less, none other."""

from collections.abc import Iterable

import asyncpg

from services.kernel.reading.projections import SQL, LogReader, ReadModel

_ALL = """
select position, stream_id, type, data, decided_at from event where position <= $1 and type = any($2::text[]) order by position
"""


async def other_than_live(log: asyncpg.Connection, service: str, models: Iterable[ReadModel]) -> list[str]:
    """Rows of a service's read models that a fold of its log does not give, and rows that it gives and are not there."""
    wrong: list[str] = []
    for model in models:
        standing = await log.fetchrow(SQL["standing"], model.name)
        if standing is None or standing["version"] is None:
            wrong.append(f"{service} has no read model {model.name}")
            continue
        reading = LogReader(model)
        rows = model.fold(reading.events(await log.fetch(_ALL, standing["cursor"], reading.types)))
        key = model.columns[0]
        live = {row[key] for row in await log.fetch(f"select {key} from {model.name}")}
        folded = {getattr(one, key) for one in rows}
        wrong += [
            f"{service}: {model.name} has a row of {name} that its log does not give" for name in sorted(live - folded)
        ]
        wrong += [f"{service}: {model.name} lacks the row of {name}" for name in sorted(folded - live)]
        if standing["cursor"] < standing["log_end"] and any(
            row["position"] > standing["cursor"] for row in await log.fetch(_ALL, standing["log_end"], reading.types)
        ):
            wrong.append(
                f"{service}: {model.name} stands at {standing['cursor']}, and its log ends at {standing['log_end']}"
            )
    return wrong
