"""Read what the services know now about one place or customer: their live views, matched as the notifier does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from operations.lookup.named import SQL, NamedThing, Place, extent_of, places_of, similar, what
from operations.system.database import Connection, Row, enter
from services.kernel.reading.projections import Reading
from services.notifier.domain.matching import pairs
from services.places.extents import says_nothing
from services.readmodels.places import PlaceRows

PLACES = Reading(PlaceRows())
RECENT = timedelta(hours=24)
TOLD_WITHIN = timedelta(days=7)
OFF = frozenset({"predicted", "confirmed", "partiallyRestored"})
SAYS_WHY = (
    "outage.started.v1",
    "cause.cleared.v1",
    "curtailment.ordered.v1",
    "notice.published.v1",
    "notice.amended.v1",
)


@dataclass(slots=True)
class Hit:
    """One outage that touches the place."""

    mrid: str
    by: tuple[str, ...]
    """kind:name pairs that lie in the outage's extent."""
    supply: dict[str, Any] | None = None
    """The restorer's view."""
    plan: dict[str, Any] | None = None
    """The planner's view."""
    back_in_part: bool = False
    """In the extent, but given power back by a step."""
    cause: str | None = None
    reason: str | None = None
    parked: bool = False
    unread: list[dict[str, Any]] = field(default_factory=list)
    """What waits in quarantine about it."""


@dataclass(slots=True)
class LookupResult:
    """All there is to say."""

    id: str
    now: datetime
    known: list[NamedThing] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    next_word: datetime | None = None
    """When the customer was last promised another word, if that is still to come."""
    hushed: list[datetime] = field(default_factory=list)
    """When what was not said to the customer, because enough was, is looked at again."""
    similar: list[str] = field(default_factory=list)
    """Names that hold the one asked for, where it is none itself."""
    choices: list[str] = field(default_factory=list)
    """Customers that may be meant, where several may."""

    @property
    def off(self) -> list[Hit]:
        """Outages that hold the place now, the latest first."""
        held = [hit for hit in self.hits if hit.supply and hit.supply["status"] in OFF and not hit.back_in_part]
        return sorted(held, key=lambda hit: str((hit.supply or {}).get("startedAt")), reverse=True)

    @property
    def over(self) -> list[Hit]:
        """Outages that were over there in the last 24 hours."""
        return [hit for hit in self.hits if hit.supply and (hit.back_in_part or hit.supply["status"] not in OFF)]

    @property
    def ahead(self) -> list[Hit]:
        """Noticed work that has not begun, by its start."""
        planned = [hit for hit in self.hits if hit.plan and not hit.plan.get("startedAt") and not hit.supply]
        return sorted(planned, key=lambda hit: str((hit.plan or {})["notice"]["plannedPeriod"]["start"]))


async def look(connection: Connection, services: Sequence[str], name: str, now: datetime) -> LookupResult:
    """Everything about `name`. The connection is in one snapshot over all schemas.

    The cost does not grow with the outages that are open elsewhere: those that name a place are found by an index.
    """
    found = LookupResult(name, now)
    asked = await what(connection, services, name)
    found.known, found.choices = asked.known, asked.choices
    places = frozenset(place for one in found.known for place in one.places)
    supply = await _views(connection, services, "restorer", "supply", now - RECENT, places, asked.mrids)
    open_now = [mrid for mrid, row in supply.items() if _view(row)["status"] in OFF]
    plans = await _views(connection, services, "planner", "noticed", now, places, [*asked.mrids, *open_now])
    # Work whose start names no place is found by its notice alone.
    begun = [mrid for mrid, row in plans.items() if mrid not in supply and _view(row).get("startedAt")]
    if begun:
        supply |= await _views(connection, services, "restorer", "supply", now - RECENT, frozenset(), begun)
    if asked.mrids and not places:
        # Whoever asks for an outage asks for wherever it is.
        rows = (*supply.values(), *plans.values())
        places = frozenset(place for row in rows for place in places_of(_extent_in(_view(row))))
    parked = {mrid for rows in (supply, plans) for mrid, row in rows.items() if row["parked_by"]}
    for mrid in sorted(supply.keys() | plans.keys()):
        view, plan = supply.get(mrid), plans.get(mrid)
        hit = _hit(
            mrid, places, _view(view) if view else None, _view(plan) if plan else None, asked=mrid in asked.mrids
        )
        if hit is not None:
            hit.parked = mrid in parked
            found.hits.append(hit)
    for service in services:
        await enter(connection, service)
        await _why(connection, found.hits, service)
    await _customers(connection, services, found)
    if not found.known:
        found.similar = await similar(connection, services, name)
    return found


def _view(row: Row) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.json.decode(row["view"])
    return view


def _extent_in(view: Mapping[str, Any]) -> Mapping[str, Any]:
    return view.get("extent") or (view.get("notice") or {}).get("extent") or {}


async def _views(
    connection: Connection,
    services: Sequence[str],
    service: str,
    query: str,
    since: datetime,
    places: frozenset[Place],
    mrids: Sequence[str],
) -> dict[str, Row]:
    """The views of the outages that name a place, by mRID; what the index has not folded yet is looked through here."""
    if service not in services:
        return {}
    await enter(connection, service)
    fresh = PlaceRows().fold(PLACES.events(await connection.fetch(SQL["not_folded"], PLACES.types)))
    named = [row.mrid for row in fresh if (row.kind, row.value) in places]
    kinds, values = [kind for kind, _ in places], [value for _, value in places]
    rows = await connection.fetch(SQL[query], since, kinds, values, [*named, *mrids], list(mrids))
    return {row["stream_id"].partition("/")[2]: row for row in rows}


def _hit(
    mrid: str,
    places: frozenset[Place],
    supply: dict[str, Any] | None,
    plan: dict[str, Any] | None,
    *,
    asked: bool = False,
) -> Hit | None:
    where = extent_of((supply or {}).get("extent"))
    in_supply = places & set(pairs(where))
    in_plan = places & set(pairs(extent_of(((plan or {}).get("notice") or {}).get("extent"))))
    if supply is not None and says_nothing(where):
        # An extent that names no place says nothing: it is where the notice says.
        in_supply = in_plan
    if not in_supply and not in_plan and not asked:
        return None
    hit = Hit(mrid, tuple(f"{kind}:{name}" for kind, name in sorted(in_supply or in_plan)))
    hit.supply, hit.plan = supply if in_supply or asked else None, plan if in_plan or asked else None
    if supply is not None and supply["status"] == "partiallyRestored" and in_supply:
        hit.back_in_part = _is_back(places, in_supply, supply)
    return hit


def _is_back(places: frozenset[Place], held: frozenset[Place], supply: Mapping[str, Any]) -> bool:
    """Whether power is back at `places`, of which the outage names `held`."""
    remaining = extent_of(supply.get("remaining"))
    if not says_nothing(remaining):
        return not places & set(pairs(remaining))
    # What is left is not known: only what a step named is back.
    now = supply["episodes"][-1]["number"]
    restored = (extent_of(step["restored"]) for step in supply["steps"] if step["episode"] == now)
    return held <= {place for extent in restored for place in pairs(extent)}


async def _why(connection: Connection, hits: Sequence[Hit], service: str) -> None:
    by_stream = {f"outage/{hit.mrid}": hit for hit in hits}
    if not by_stream:
        return
    if service in ("restorer", "planner"):
        for row in await connection.fetch(SQL["said"], list(by_stream), list(SAYS_WHY)):
            hit, data = by_stream[row["stream_id"]], msgspec.json.decode(row["data"])
            hit.cause = data.get("cause") or hit.cause
            hit.reason = data.get("reason") or hit.reason
    keys = [hit.mrid.encode() for hit in hits]
    for row in await connection.fetch(SQL["waiting_for_a_person"], list(by_stream), keys):
        for hit in hits:
            if bytes(row["key"] or b"") == hit.mrid.encode() and not any(one["at"] == row["at"] for one in hit.unread):
                hit.unread.append({"service": service, "reason": row["reason"], "at": row["at"]})


async def _customers(connection: Connection, services: Sequence[str], found: LookupResult) -> None:
    """What was said to the customers that the id names themselves; a line's customers are not all told here."""
    asked = [
        one for known in found.known if known.kind in ("customer", "usagePoint", "text") for one in known.customers
    ]
    if not asked or "notifier" not in services:
        return
    await enter(connection, "notifier")
    rows = await connection.fetch(SQL["texts"], asked, found.now - TOLD_WITHIN)
    found.texts = [
        {
            "messageId": row["message_id"],
            "customerId": row["customer_id"],
            "contactId": row["contact_id"],
            "mrids": list(row["mrids"]),
            "trigger": row["trigger"],
            "state": row["state"],
            "body": row["body"],
            "requestedAt": row["requested_at"],
            "closedAt": row["closed_at"],
        }
        for row in rows
    ]
    words: list[datetime] = []
    for row in await connection.fetch(SQL["conversation"], [f"customer/{one}" for one in asked]):
        view = msgspec.json.decode(row["view"])
        found.hushed += [datetime.fromisoformat(one[1]) for one in (view.get("hushed") or {}).values()]
        for text in (view.get("texts") or {}).values():
            by = (text.get("meant") or {}).get("nextWordBy")
            if by and text["state"] in ("accepted", "delivered"):
                words.append(datetime.fromisoformat(by))
    ahead = [word for word in words if word > found.now]
    found.next_word = min(ahead) if ahead and found.off else None
