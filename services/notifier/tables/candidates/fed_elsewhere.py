"""Find, of customers with several supplies, the places to which power comes through nothing that an outage names.

A supply that is known by its transformer alone may hang on the line that is out, or on another: nobody can say, so it counts as
lost with the main one. Where the network model has both, it can be said.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from schemas.contracts.base import Extent
from services.concerned.matching import FIELDS, MOST_NAMED
from services.kernel.queries import queries
from services.network import asking
from services.notifier.domain.fanout.decider import FanoutCandidate
from services.places.extents import names
from services.places.names import forms

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "fanout.sql")
WIDE: Final = ("lines", "transformers")
"""What may feed a place that is known by something narrower; of usage points an outage takes just those."""


async def with_fed_elsewhere(
    connection: Any, mrid: str, extent: Extent, candidates: Sequence[FanoutCandidate]
) -> tuple[FanoutCandidate, ...]:
    """Customers whom a fan-out looks at, with their places that are fed elsewhere than what the outage names."""
    several = [one.customer_id for one in candidates if one.several and one.matched_by]
    found = await fed_elsewhere(connection, mrid, extent, several)
    return tuple(
        replace(one, fed_elsewhere=found[one.customer_id]) if one.customer_id in found else one for one in candidates
    )


async def fed_elsewhere(
    connection: Any, mrid: str, extent: Extent, customers: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """By customer the places, kind:name, that are fed elsewhere; none where the model lacks a line or transformer that is named."""
    named = [(kind, form) for kind in WIDE for form in forms(names(extent, kind)) if form]
    if not customers or not named:
        return {}
    cut = await asking.meanings(connection, named)
    if any(place not in cut for place in named):
        return {}
    rows = await connection.fetch(SQL["not_taken"], mrid, customers)
    meant = await asking.meanings(connection, [(FIELDS[row["kind"]], row["value"]) for row in rows])
    feeding = await asking.feeding(connection, {one for ids in meant.values() for one in ids})
    off = frozenset[str]().union(*cut.values())
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        ids = meant.get((FIELDS[row["kind"]], row["value"]), set())
        if ids and all(one in feeding and off.isdisjoint(feeding[one]) for one in ids):
            found[row["customer_id"]].append(f"{row['kind']}:{row['value']}")
    return {customer: tuple(sorted(places)[:MOST_NAMED]) for customer, places in found.items()}
