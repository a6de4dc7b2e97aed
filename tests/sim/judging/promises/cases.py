"""Hold the restorer's table of promises to the logs of those who made them: each is there, and stands as its log says.

What it counts by month and rule is held to a count of those logs, by the utility's own clock.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

import asyncpg

from schemas.contracts.promises import PromiseMade
from tests.sim.judging.storms import short
from tests.sim.judging.words import Told

ROWS = "select service, promise_id, rule_id, mrid, due_at, standing from promise_case"
COUNTED = """
select month, rule_id, standing, count(*) as cases from month_case c
where kind = 'promise' and split_part(name, ' ', 1) = any($1::text[]) group by month, rule_id, standing
"""
CHINA = timedelta(hours=8)


async def miscounted(log: asyncpg.Connection, published: Mapping[str, Sequence[Told]]) -> list[str]:
    """What is wrong with the rows of these services' promises; `log`: the restorer's database."""
    rows = await log.fetch(ROWS)
    counted = {
        (row["month"], row["rule_id"], row["standing"]): row["cases"]
        for row in await log.fetch(COUNTED, list(published))
    }
    wrong = [*other_count(counted, [one for said in published.values() for one in said])]
    return wrong + [
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


def other_count(counted: Mapping[tuple[str, str, str], int], said: Iterable[Told]) -> Iterator[str]:
    """Where the cases of a month, by rule and standing, are not as many as the logs have."""
    mine: Counter[tuple[str, str, str]] = Counter()
    for one in said:
        made: PromiseMade = one.made.said
        mine[f"{made.due_at + CHINA:%Y-%m}", made.rule.rule_id, one.standing] += 1
    for key in sorted({*counted, *mine}):
        if counted.get(key, 0) != mine[key]:
            month, rule, standing = key
            yield f"of rule {rule} {mine[key]} promises are {standing} in {month}, and {counted.get(key, 0)} are counted"
