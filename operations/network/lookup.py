"""Read the network model that is on the topic, with switches as they now stand, and who is registered at which places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from operations.errors import Away, NotFound
from operations.network.about import ImportedEdition, NetworkAbout, network_about
from operations.network.on_topic import heard
from operations.system.broker import each_record
from operations.system.database import connect, enter, present
from operations.system.location import Where
from operations.system.services import NAMES
from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts.base import Extent
from schemas.contracts.customers import TOPIC as CUSTOMERS
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.network import NetworkElement, NetworkModelImported
from services.concerned.matching import places_of
from services.kernel.queries import queries
from services.places.topology import NetworkModel

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "network.sql")
ELEMENT: Final = msgspec.json.Decoder(NetworkElement)


@dataclass(frozen=True, slots=True)
class NetworkOnTopic:
    """The network as it now is."""

    model: NetworkModel
    editions: Mapping[str, NetworkModelImported | None]
    """By model id the newest edition, None where it is not there whole."""
    unreadable: int
    """Records of the topic that say nothing that could be read."""


async def network_on_topic(where: Where) -> NetworkOnTopic:
    """What the topic says now.

    Raises:
        Away: the broker cannot be reached, or has no such topic.
        NotFound: no network was brought in.

    """
    found = await heard(where, _whole)
    model = NetworkModel(found.elements(), found.switches())
    if not model.elements:
        raise NotFound("no network was brought in: outagectl import network FILE.csv")
    return NetworkOnTopic(model, found.editions(), found.unreadable)


async def network_about_now(where: Where, name: str) -> NetworkAbout:
    """What lies about the elements that are called so, as a service's copy has it; the whole of the topic where none is to be seen.

    Raises:
        Away: neither can be reached.
        NotFound: no network was brought in.

    """
    try:
        found = await network_about(where, name)
    except Away:
        found = None  # a person on duty asks most when the database is away
    if found is not None:
        return found
    whole = await network_on_topic(where)
    imports = {
        model_id: ImportedEdition(model_id, word.date, word.imported_at, word.elements, word.imported_by)
        for model_id, word in whole.editions.items()
        if word is not None
    }
    return NetworkAbout(whole.model, imports=imports)


async def network_at(where: Where, at: datetime) -> NetworkModel:
    """The network as a service had it at an instant: elements as they were said, switches as they stood.

    From the copy of the first service that keeps one: the topic has the last word on each element only.

    Raises:
        Away: the database cannot be reached, or no service keeps a copy.
        NotFound: nothing was known then.

    """
    async with connect(where) as connection:
        for service in await present(connection, NAMES, ("network_element", "network_thrown")):
            await enter(connection, service)
            elements = [ELEMENT.decode(row["element"]) for row in await connection.fetch(SQL["elements_at"], at)]
            switches = {row["switch"]: row["state"] for row in await connection.fetch(SQL["switches_at"], at)}
            if elements:
                return NetworkModel(elements, switches)
    raise NotFound("nothing was known of the network then, or no service keeps a copy of it")


def _whole(element: NetworkElement) -> NetworkElement:
    return element


async def registered(where: Where) -> Mapping[str, Extent]:
    """The places of each key customer, by customer id.

    Raises:
        Away: the broker cannot be reached, or has no such topic.

    """
    last: dict[str, Extent] = {}
    async for record in each_record(where, CUSTOMERS):
        key = (record.key or b"").decode(errors="replace")
        last.pop(key, None)
        try:
            word = from_kafka(record.topic, record.key, record.headers, record.value).data
        except ContractError:
            continue  # the notifier has it in quarantine
        if isinstance(word, CustomerUpserted):
            last[key] = places_of(word)
    return last
