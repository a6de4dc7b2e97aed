"""Read which key customers are registered at elements of the network, by the notifier's tables; without a database by the topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from operations.errors import Away, Incomplete
from operations.network.lookup import SQL, registered
from operations.network.standing import ElementStanding
from operations.system.database import Connection, connect, enter, present
from operations.system.location import Where
from schemas.contracts.base import Extent
from schemas.contracts.network import NetworkElement
from services.concerned.matching import FIELDS
from services.places import normal
from services.places.extents import names
from services.places.topology.model import KINDS_NAMED, called

RANK: Final[Mapping[str, int]] = {"special": 0, "first": 1, "second": 2, "temporary": 3}
Place = tuple[str, str]
"""Kind and normal name, as customers are matched."""


@dataclass(frozen=True, slots=True)
class RegisteredCustomer:
    """A key customer; by the topic alone no more than the id is looked at."""

    customer_id: str
    name: str = ""
    importance: str = ""


class _Profile(msgspec.Struct, frozen=True):
    name: str = ""
    importance: str = ""


async def people_at(
    where: Where, standings: Sequence[ElementStanding]
) -> Mapping[str, Sequence[RegisteredCustomer]] | None:
    """By element id the key customers who are registered there or at anything that it feeds, the most important first.

    None where neither the database nor Kafka can say it.
    """
    wanted = {one.element.element_id: frozenset(_places((one.element, *one.feeds))) for one in standings}
    try:
        return await _by_tables(where, wanted) or await _by_topic(where, wanted)
    except (Away, Incomplete):
        try:
            return await _by_topic(where, wanted)
        except Away:
            return None


def _places(elements: Iterable[NetworkElement]) -> Iterable[Place]:
    for one in elements:
        for kind, words in FIELDS.items():
            if one.kind in KINDS_NAMED[words]:
                yield from ((kind, form) for name in called(one) if (form := normal(name)))


async def _by_tables(
    where: Where, wanted: Mapping[str, frozenset[Place]]
) -> Mapping[str, Sequence[RegisteredCustomer]] | None:
    if where.postgres is None:
        return None
    async with connect(where) as connection:
        if not await present(connection, ("notifier",), ("customer", "customer_match")):
            return None
        await enter(connection, "notifier")
        return {element: await _at(connection, places) for element, places in wanted.items()}


async def _at(connection: Connection, places: frozenset[Place]) -> Sequence[RegisteredCustomer]:
    rows = await connection.fetch(SQL["registered_at"], [kind for kind, _ in places], [form for _, form in places])
    found = [(row["customer_id"], msgspec.json.decode(row["profile"], type=_Profile)) for row in rows]
    return _sorted(RegisteredCustomer(one, said.name, said.importance) for one, said in found)


async def _by_topic(where: Where, wanted: Mapping[str, frozenset[Place]]) -> Mapping[str, Sequence[RegisteredCustomer]]:
    everybody = {customer: frozenset(_named(places)) for customer, places in (await registered(where)).items()}
    return {
        element: _sorted(RegisteredCustomer(one) for one, theirs in everybody.items() if not theirs.isdisjoint(places))
        for element, places in wanted.items()
    }


def _named(places: Extent) -> Iterable[Place]:
    return ((kind, normal(name)) for kind, words in FIELDS.items() for name in names(places, words))


def _sorted(found: Iterable[RegisteredCustomer]) -> Sequence[RegisteredCustomer]:
    return sorted(found, key=lambda one: (RANK.get(one.importance, len(RANK)), one.customer_id))
