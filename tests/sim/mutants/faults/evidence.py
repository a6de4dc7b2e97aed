"""Faults of what is known of a place beside its name: who is inside a shape, what meters say."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from services.notifier.tables import fanout
from services.restorer.tables import meters
from services.restorer.tables.meter_news import MeterNews
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant, other_sql


@mutant(under=worlds.power_is_off_in_shapes)
def nobody_is_inside_a_shape() -> Iterator[None]:
    """Whoever is known to be where power is off is told by names alone: of a shape nobody hears."""

    async def none(*_: Any) -> list[str]:
        return []

    async def no(*_: Any) -> bool:
        return False

    with patch.object(fanout, "customers_inside", none), patch.object(fanout, "is_inside", no):
        yield


@mutant(under=worlds.power_is_off_in_shapes)
def the_town_counts_beside_the_shape() -> Iterator[None]:
    """Five houses are dark, and everybody in town is told, also of whom it is known that they live elsewhere."""
    placed = (
        ("$9 and exists (select from customer_point q where q.customer_id = m.customer_id)", "false"),
        ("and not ($9 and is_placed(m.customer_id))", ""),
        (
            "$9 and (m.kind = 'area' or coalesce(o.by_where, false)) and is_placed(c.customer_id) as outside",
            "false as outside",
        ),
    )
    one = "$7 and (m.kind = 'area' or coalesce(o.by_where, false)) and is_placed($4) as outside"
    with ExitStack() as faults:
        for text, instead in placed:
            faults.enter_context(other_sql(fanout.MATCH, "next_customers", text, instead))
        faults.enter_context(other_sql(fanout.MATCH, "one_customer", one, "false as outside"))
        yield


@mutant(under=worlds.meters_are_read)
def meters_are_not_looked_at() -> Iterator[None]:
    """Readings are kept and no outage hears of them: the house that is still dark is told that power is back."""

    async def nothing(_: MeterNews) -> None:
        """Leave them."""

    with patch.object(MeterNews, "look", nothing):
        yield


@mutant(under=worlds.readings_come_late)
def an_older_reading_counts() -> Iterator[None]:
    """Of a meter the reading that comes last counts, however old: power that is back is denied by a word of before."""
    newer = (
        "where known.read_at < excluded.read_at\n"
        "  or (known.read_at = excluded.read_at and known.energised and not excluded.energised)"
    )
    with other_sql(meters.SQL, "put_readings", newer, "where true"):
        yield
