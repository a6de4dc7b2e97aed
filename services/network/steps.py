"""Keep which way power comes, as tables: from the side that is nearer to a substation along closed switches.

The same as services/places/topology says of a model in memory; tests/integration/network hold both to each other.
"""

from collections.abc import Iterable
from pathlib import Path

from services.kernel.adapters.locks import Connection
from services.kernel.queries import queries

SQL = queries(Path(__file__).parent / "sql" / "steps.sql")


async def count_anew(connection: Connection) -> None:
    """Every distance, from the substations on: after a whole edition has come."""
    await connection.execute(SQL["forget_all_steps"])
    await connection.execute(SQL["roots"])
    step = 0
    while await connection.fetchval(SQL["next_step"], step):
        step += 1
    await connection.execute(SQL["turn"])


async def rewire(connection: Connection, elements: Iterable[str]) -> None:
    """The distances that change with some elements or the ways to them: theirs, and those of what hangs on them."""
    ids = [row["element_id"] for row in await connection.fetch(SQL["concerned"], list(elements))]
    await connection.execute(SQL["forget_steps"], ids)
    await connection.execute(SQL["roots"])
    while (step := await connection.fetchval(SQL["edge"], ids)) is not None:
        await connection.execute(SQL["next_of"], step, ids)
    changed, front = set(ids), ids
    while front:
        front = [row["element_id"] for row in await connection.fetch(SQL["shorten"], front)]
        changed.update(front)
    await connection.execute("{turn}\n{at}".format_map(SQL), sorted(changed))
