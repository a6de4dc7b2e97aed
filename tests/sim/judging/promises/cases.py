"""Hold the restorer's table of promises to the logs of those who made them: each is there, and stands as its log says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import asyncpg

from schemas.contracts.promises import PromiseMade
from tests.sim.judging.storms import short
from tests.sim.judging.words import Told

ROWS = "select service, promise_id, rule_id, mrid, due_at, standing from promise_case"


async def miscounted(log: asyncpg.Connection, published: Mapping[str, Sequence[Told]]) -> list[str]:
    """What is wrong with the rows of these services' promises; `log`: the restorer's database."""
    rows = await log.fetch(ROWS)
    return [
        line
        for service, said in published.items()
        for line in other_than_said([row for row in rows if row["service"] == service], said, service)
    ]


def other_than_said(rows: Iterable[Mapping[str, object]], said: Sequence[Told], service: str) -> Iterator[str]:
    """Promises that are missing from the rows of a service, stand otherwise there, or were never made."""
    kept = {row["promise_id"]: row for row in rows}
    for one in said:
        made: PromiseMade = one.made.said
        row = kept.pop(one.name, None)
        if row is None:
            yield f"promise {one.name} of {service} is not among the cases"
            continue
        theirs = (row["rule_id"], row["mrid"], row["due_at"], row["standing"])
        if theirs != (made.rule.rule_id, made.mrid, made.due_at, one.standing):
            yield f"promise {one.name} of {service}, due {short(made.due_at)} and {one.standing}, is a case as {theirs}"
    yield from (f"case {name} of {service} was never promised" for name in sorted(map(str, kept)))
