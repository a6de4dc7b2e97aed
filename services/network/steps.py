"""Keep which way power comes, as tables: from the side that is nearer to a substation along closed switches.

The same as services/places/topology says of a model in memory; tests/integration/network hold both to each other.
"""

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
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
    found = nearest(
        [(row["element_id"], row["source_id"], row["step"]) for row in await connection.fetch(SQL["ways_in"], ids)]
    )
    await connection.execute(SQL["put_steps"], list(found), list(found.values()))
    changed, front = set(ids), ids
    while front:
        front = [row["element_id"] for row in await connection.fetch(SQL["shorten"], front)]
        changed.update(front)
    await connection.execute("{turn}\n{at}".format_map(SQL), sorted(changed))


def nearest(ways: Iterable[tuple[str, str, int | None]]) -> dict[str, int]:
    """Distances of elements by the closed ways to them: (element, source, distance of the source or None where it is asked too).

    Pure. Elements to which none leads from a known one are left out.

    >>> nearest([("b", "a", 1), ("c", "b", None), ("c", "a", 1), ("d", "e", None)])
    {'b': 2, 'c': 2}
    """
    onward: dict[str, list[str]] = defaultdict(list)
    front: list[tuple[int, str]] = []
    for element, source, step in ways:
        if step is None:
            onward[source].append(element)
        else:
            front.append((step + 1, element))
    heapify(front)
    found: dict[str, int] = {}
    while front:
        step, element = heappop(front)
        if found.setdefault(element, step) == step:
            for other in onward.pop(element, ()):
                heappush(front, (step + 1, other))
    return found
