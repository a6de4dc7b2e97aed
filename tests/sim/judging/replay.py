"""Fold each read model anew from the whole log, and hold it against the live one: no row more, none less, none left behind.

What stands in a row is held to the log by the product's own audit; it looks at rows that its fold gives, and so misses one more.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import asyncpg

from services.kernel.reading.projections import SQL, LogReader, ReadModel, Recorded

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
        reading, key = LogReader(model), model.columns[0]
        events = reading.events(await log.fetch(_ALL, standing["log_end"], reading.types))
        live = {row[key] for row in await log.fetch(f"select {key} from {model.name}")}
        wrong += [f"{service}: {model.name} {what}" for what in differing(model, events, live, standing["cursor"])]
    return wrong


def differing(model: ReadModel, events: Sequence[Recorded], live: Collection[str], cursor: int) -> Iterator[str]:
    """What is wrong with a read model that has rows of the keys `live` and has read up to `cursor`, by all it is to read."""
    key = model.columns[0]
    folded = {getattr(row, key) for row in model.fold([one for one in events if one.position <= cursor])}
    yield from (f"has a row of {name} that its log does not give" for name in sorted(set(live) - folded))
    yield from (f"lacks the row of {name}" for name in sorted(folded - set(live)))
    if events and events[-1].position > cursor:
        yield f"stands at {cursor}, and its log ends at {events[-1].position}"
