"""What the services know about one place or customer right now: read from their live views, matched as the notifier does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from outagectl.database import Connection, Row, enter
from schemas.base import Extent
from services.kernel.queries import queries
from services.notifier.audience import KINDS, names, pairs
from services.places import normal

SQL = queries(Path(__file__).parent / "sql" / "explain.sql")
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

Place = tuple[str, str]
"""Kind (usagePoint, line, transformer, area) and normalised name."""


@dataclass(frozen=True, slots=True)
class Known:
    """One kind of thing that the id names, and the places that stand for it."""

    kind: str
    name: str
    places: frozenset[Place]
    customers: tuple[str, ...] = ()
    note: str | None = None


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
class Found:
    """All there is to say."""

    id: str
    now: datetime
    known: list[Known] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    next_word: datetime | None = None
    """When the customer was last promised another word, if that is still to come."""
    similar: list[str] = field(default_factory=list)

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


async def look(connection: Connection, services: Sequence[str], name: str, now: datetime) -> Found:
    """Everything about `name`. The connection is in one snapshot over all schemas."""
    found = Found(name, now)
    supply = await _rows(connection, services, "restorer", "supply", now - RECENT)
    plans = await _rows(connection, services, "planner", "noticed", now)
    views = {row["stream_id"].partition("/")[2]: msgspec.json.decode(row["view"]) for row in supply}
    noticed = {row["stream_id"].partition("/")[2]: msgspec.json.decode(row["view"]) for row in plans}
    extents = [*(view["extent"] for view in views.values()), *(view["notice"]["extent"] for view in noticed.values())]
    found.known = await _kinds(connection, services, name, [_extent(one) for one in extents])
    places = frozenset(place for one in found.known for place in one.places)
    parked = {row["stream_id"].partition("/")[2] for row in (*supply, *plans) if row["parked_by"]}
    for mrid in sorted(views.keys() | noticed.keys()):
        hit = _hit(mrid, places, views.get(mrid), noticed.get(mrid))
        if hit is not None:
            hit.parked = mrid in parked
            found.hits.append(hit)
    for service in services:
        await enter(connection, service)
        await _why(connection, found.hits, service)
    await _customers(connection, services, found)
    if not found.known:
        found.similar = await _similar(connection, services, name, extents)
    return found


async def _rows(
    connection: Connection, services: Sequence[str], service: str, query: str, since: datetime
) -> Sequence[Row]:
    if service not in services:
        return []
    await enter(connection, service)
    rows: Sequence[Row] = await connection.fetch(SQL[query], since)
    return rows


def _extent(value: Mapping[str, Any] | None) -> Extent:
    return msgspec.convert(value or {}, Extent)


async def _kinds(connection: Connection, services: Sequence[str], name: str, extents: Iterable[Extent]) -> list[Known]:
    """What `name` can mean: a place the registry or an outage names, a customer, or several of these."""
    value = normal(name)
    people: dict[str, dict[str, Any]] = {}
    customer = None
    if "notifier" in services:
        await enter(connection, "notifier")
        customer = await connection.fetchrow(SQL["customer"], name)
        for row in await connection.fetch(SQL["registered"], value):
            people.setdefault(row["kind"], {})[row["customer_id"]] = msgspec.json.decode(row["profile"])
    named = {kind for extent in extents for kind in KINDS if value in names(extent)[kind]}
    known = [_place(kind, name, value, people.get(kind, {})) for kind in KINDS if kind in people or kind in named]
    if customer is not None:
        profile = msgspec.json.decode(customer["profile"])
        known.append(Known("customer", _called(name, profile), _places(profile), (name,)))
    return known


def _place(kind: str, name: str, value: str, people: Mapping[str, Mapping[str, Any]]) -> Known:
    places = {(kind, value)}
    customers = tuple(people)
    if kind != "usagePoint":
        return Known(kind, name, frozenset(places), customers)
    # An outage may name only the line: through the customer who takes power at the point, it is found all the same.
    for profile in people.values():
        places |= _places(profile)
    note = ", ".join(_called(one, profile) for one, profile in people.items())
    return Known(kind, name, frozenset(places), customers, f"of {note}" if note else None)


def _called(customer_id: str, profile: Mapping[str, Any]) -> str:
    return f"{profile.get('name')} ({customer_id})" if profile.get("name") else customer_id


def _places(profile: Mapping[str, Any]) -> frozenset[Place]:
    given = {name: profile.get(name, ()) for name in ("usagePoints", "lines", "transformers", "areas")}
    return frozenset(pairs(_extent(given)))


def _hit(mrid: str, places: frozenset[Place], supply: dict[str, Any] | None, plan: dict[str, Any] | None) -> Hit | None:
    in_supply = places & set(pairs(_extent((supply or {}).get("extent"))))
    in_plan = places & set(pairs(_extent(((plan or {}).get("notice") or {}).get("extent"))))
    if not in_supply and not in_plan:
        return None
    hit = Hit(mrid, tuple(f"{kind}:{name}" for kind, name in sorted(in_supply or in_plan)))
    hit.supply, hit.plan = supply if in_supply else None, plan if in_plan else None
    if supply is not None and supply["status"] == "partiallyRestored" and in_supply:
        hit.back_in_part = not places & set(pairs(_extent(supply.get("remaining"))))
    return hit


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


async def _customers(connection: Connection, services: Sequence[str], found: Found) -> None:
    """What was said to the customers that the id names themselves; a line's customers are not all told here."""
    asked = [one for known in found.known if known.kind in ("customer", "usagePoint") for one in known.customers]
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
        for text in (msgspec.json.decode(row["view"]).get("texts") or {}).values():
            by = (text.get("meant") or {}).get("nextWordBy")
            if by and text["state"] in ("accepted", "delivered"):
                words.append(datetime.fromisoformat(by))
    ahead = [word for word in words if word > found.now]
    found.next_word = min(ahead) if ahead and found.off else None


async def _similar(
    connection: Connection, services: Sequence[str], name: str, extents: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Names that hold this one, as they are written where they are known."""
    value = normal(name)
    written = {
        one
        for extent in extents
        for field_name in ("lines", "areas", "transformers", "usagePoints")
        for one in extent.get(field_name, ())
        if value and value in normal(one)
    }
    if "notifier" in services and value:
        await enter(connection, "notifier")
        seen = {normal(one) for one in written}
        rows = await connection.fetch(SQL["registered_like"], value)
        written |= {row["value"] for row in rows if row["value"] not in seen}
    return sorted(written)[:5]
