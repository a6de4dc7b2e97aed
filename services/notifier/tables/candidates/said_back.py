"""Find the places of customers at which dispatch says that power is back under an outage, while nobody has proved it.

Such a word holds back what a clock calls for ("still off"), for `claim_limit` of the policy; it frees nobody. What it would free,
were it proven, is asked as it is of a step (network_places.py): by name, and by the network model what hangs on that.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from services.concerned.matching import MOST_NAMED, said_back
from services.kernel.queries import queries
from services.network import asking
from services.notifier.domain.fanout.decider import FanoutCandidate
from services.notifier.domain.outage.truth import Truth
from services.notifier.tables.network_places import KIND, dark_and_lit
from services.places import extents
from services.places.extents import says_nothing

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "fanout.sql")


async def with_said_back(
    connection: Any, mrid: str, truth: Truth, candidates: Sequence[FanoutCandidate], *, by_model: bool
) -> tuple[FanoutCandidate, ...]:
    """Customers whom a fan-out looks at, with their places where power is said to be back."""
    concerned = [one.customer_id for one in candidates if one.matched_by]
    if says_nothing(truth.claimed) or not concerned:
        return tuple(candidates)
    places = sorted(said_back(truth.extent, truth.claimed, await _lit(connection, truth) if by_model else ()))
    kinds, values = [kind for kind, _ in places], [value for _, value in places]
    rows = await connection.fetch(SQL["said_back"], mrid, concerned, kinds, values)
    found = {row["customer_id"]: row for row in rows}
    return tuple(_said_back(one, found.get(one.customer_id)) for one in candidates)


def _said_back(one: FanoutCandidate, row: Any) -> FanoutCandidate:
    if row is None:
        return one
    return replace(one, said_back_at=tuple(row["names"])[:MOST_NAMED], unsaid=tuple(row["unsaid"]))


async def _lit(connection: Any, truth: Truth) -> list[Any]:
    """What would have power by the network model, were what is said to be back proven."""
    proven = replace(
        truth, extent=extents.minus(truth.extent, truth.claimed), back=extents.union([truth.back, truth.claimed])
    )
    _, lit, _ = await dark_and_lit(connection, proven)
    return [(KIND[words], form) for words, form in await asking.names_of(connection, lit)]
