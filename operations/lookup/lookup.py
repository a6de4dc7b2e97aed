"""Read what the services know now about one place or customer: their live views, matched as the notifier does."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

import msgspec

from operations.history.decoding import decoded
from operations.lookup.by_network import NOT_MEANT, MeantPlaces, find_fed_elsewhere, find_through, meant, near
from operations.lookup.meters import meters_of
from operations.lookup.named import SQL, Place, similar, what
from operations.lookup.result import OF_LATE, CodedText, LookupResult, RecentText, TouchingOutage
from operations.lookup.supplies import counted, people, plight_of
from operations.lookup.views import OFF, ConversationView, PlanView, SupplyView, View
from operations.system.database import Connection, enter
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import CauseCleared, OutageCorrected, OutageStarted
from schemas.contracts.notices import Notice
from services.concerned.matching import pairs
from services.kernel.reading.projections import LogReader
from services.places import normals
from services.places.extents import says_nothing
from services.plausibility import HAPPENED
from services.readmodels.places import PlaceRows

NOWHERE = Extent()
PLACES = LogReader(PlaceRows())
TOLD_WITHIN = timedelta(days=7)
SAYS_WHY = (
    "outage.started.v1",
    "cause.cleared.v1",
    "outage.corrected.v1",
    "curtailment.ordered.v1",
    "notice.published.v1",
    "notice.amended.v1",
)


async def look(connection: Connection, services: Sequence[str], name: str, now: datetime) -> LookupResult:
    """Everything about `name`. The connection is in one snapshot over all schemas.

    The cost does not grow with the outages that are open elsewhere: those that name a place are found by an index.
    """
    found = LookupResult(name, now)
    asked = await what(connection, services, name)
    found.known, found.choices = asked.known, asked.choices
    places = frozenset(place for one in found.known for place in one.places)
    restorer, planner = (AskedService(connection, name, services) for name in ("restorer", "planner"))
    by_network = await meant(connection, services, places)
    whom = people(found.known)
    outages = [*asked.mrids, *by_network, *await near(connection, services, whom)]
    supply = await restorer.views("supply", SupplyView, now - OF_LATE, places, outages)
    open_now = [mrid for mrid, row in supply.items() if row.view.status in OFF]
    plans = await planner.views("noticed", PlanView, now, places, [*outages, *open_now])
    # Work whose start names no place is found by its notice alone.
    begun = [mrid for mrid, row in plans.items() if mrid not in supply and row.view.started_at]
    if begun:
        supply |= await restorer.views("supply", SupplyView, now - OF_LATE, frozenset(), begun)
    if asked.mrids and not places:
        # Whoever asks for an outage asks for wherever it is.
        named = [row.view.extent for row in supply.values()]
        named += [row.view.notice.extent for row in plans.values() if row.view.notice]
        places = frozenset(place for extent in named if extent for place in pairs(extent))
    parked = {mrid for rows in (supply, plans) for mrid, row in rows.items() if row.parked}
    for mrid in sorted(supply.keys() | plans.keys()):
        view, plan = supply.get(mrid), plans.get(mrid)
        views = view.view if view else None, plan.view if plan else None
        lies = by_network.get(mrid, NOT_MEANT)
        hit = _hit(mrid, places, *views, asked=mrid in asked.mrids, whom=whom, lies=lies)
        if hit is not None:
            hit.parked = mrid in parked
            found.hits.append(hit)
    if whom:
        await find_through(connection, services, found.hits)
        await find_fed_elsewhere(connection, services, found.off, whom)
    found.plight = plight_of(found.known, found.off, now)
    points = {form for kind, form in places if kind == "usagePoint"}
    for hit in found.hits:
        hit.denied = not points.isdisjoint(normals(hit.view.evidence.denied))
    found.meters = await meters_of(connection, services, points if found.known else ())
    for service in services:
        await enter(connection, service)
        await _why(connection, found.hits, service)
    await _customers(connection, services, found)
    if not found.known:
        found.similar = await similar(connection, services, name)
    return found


V = TypeVar("V", bound=View)


class LiveView(NamedTuple, Generic[V]):
    """One outage's view, and whether its stream is parked."""

    view: V
    parked: bool


class AskedService(NamedTuple):
    """One service that is asked, if it is among those that can be."""

    connection: Connection
    service: str
    services: Sequence[str]

    async def views(
        self, query: str, kind: type[V], since: datetime, places: frozenset[Place], mrids: Sequence[str]
    ) -> dict[str, LiveView[V]]:
        """The views of outages that name a place, by mRID; what the index has not folded yet is looked through here."""
        if self.service not in self.services:
            return {}
        await enter(self.connection, self.service)
        fresh = PlaceRows().fold(PLACES.events(await self.connection.fetch(SQL["not_folded"], PLACES.types)))
        named = [row.mrid for row in fresh if (row.kind, row.value) in places]
        kinds, values = [kind for kind, _ in places], [value for _, value in places]
        rows = await self.connection.fetch(SQL[query], since, kinds, values, [*named, *mrids], list(mrids))
        return {
            row["stream_id"].partition("/")[2]: LiveView(
                msgspec.json.decode(row["view"], type=kind), bool(row["parked_by"])
            )
            for row in rows
        }


def _hit(
    mrid: str,
    places: frozenset[Place],
    supply: SupplyView | None,
    plan: PlanView | None,
    *,
    asked: bool = False,
    whom: Sequence[CustomerUpserted] = (),
    lies: MeantPlaces = NOT_MEANT,
) -> TouchingOutage | None:
    where, noticed = (
        (supply.extent if supply else None) or NOWHERE,
        plan.notice.extent if plan and plan.notice else NOWHERE,
    )
    in_supply, in_plan = places & set(pairs(where)), places & set(pairs(noticed))
    if whom:
        in_supply, in_plan = counted(in_supply, where, whom), counted(in_plan, noticed, whom)
    if supply is not None and says_nothing(where):
        # An extent that names no place says nothing: it is where the notice says.
        in_supply = in_plan
    named = in_supply
    if lies.off or lies.back:
        in_supply = (in_supply | lies.off or frozenset(lies.back)) if supply is not None else in_supply
        in_plan = in_plan | lies.off if supply is None else in_plan
    if not in_supply and not in_plan and not asked:
        return None
    hit = TouchingOutage(mrid, said_of(in_supply or in_plan))
    hit.supply, hit.plan = supply if in_supply or asked else None, plan if in_plan or asked else None
    hit.by_network, hit.back_by_network = said_of(lies.off), said_of(lies.back)
    if supply is not None and in_supply:
        in_part = supply.status == "partiallyRestored" and bool(named) and not lies.off
        hit.back_in_part = (in_part and _is_back(places, named, supply, whom)) or lies.are_back(named | lies.off, whom)
    return hit


def said_of(places: AbstractSet[Place]) -> tuple[str, ...]:
    """Places as kind:name, sorted."""
    return tuple(f"{kind}:{name}" for kind, name in sorted(places))


def _is_back(
    places: frozenset[Place], held: frozenset[Place], supply: SupplyView, whom: Sequence[CustomerUpserted]
) -> bool:
    """Whether power is back at `places`, of which the outage names `held`."""
    remaining = supply.remaining or NOWHERE
    if remaining.shape is not None and whom:
        return not counted(places & set(pairs(remaining)), remaining, whom)
    if not says_nothing(remaining):
        return not places & set(pairs(remaining))
    # What is left is not known: only what a step named is back.
    now = supply.episodes[-1].number
    restored = (step.restored for step in supply.steps if step.episode == now)
    return held <= {place for extent in restored for place in pairs(extent)}


def _is_of_what_it_is(view: SupplyView, event: OutageStarted | CauseCleared | OutageCorrected) -> bool:
    """Whether it speaks of the outage as what it is: what was named as its cause while it was called another thing is none."""
    if view.called_first is None or view.reclassified_at is None:
        return True
    at: datetime = getattr(event, HAPPENED[type(event)])
    return at >= view.reclassified_at


async def _why(connection: Connection, hits: Sequence[TouchingOutage], service: str) -> None:
    by_stream = {f"outage/{hit.mrid}": hit for hit in hits}
    if not by_stream:
        return
    if service in ("restorer", "planner"):
        for row in await connection.fetch(SQL["said"], list(by_stream), list(SAYS_WHY)):
            hit, event = by_stream[row["stream_id"]], decoded(row["type"], msgspec.json.decode(row["data"]))
            if isinstance(event, OutageStarted | CauseCleared | OutageCorrected):
                if _is_of_what_it_is(hit.view, event):
                    hit.cause = event.cause or hit.cause
            elif isinstance(event, Notice):
                hit.reason = event.reason or hit.reason
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
    found.texts = [RecentText.of(row) for row in rows]
    for code in {known.name for known in found.known if known.kind == "text"}:
        found.coded += [CodedText.of(row) for row in await connection.fetch(SQL["texts_of_code"], code, asked)]
    words: list[datetime] = []
    for row in await connection.fetch(SQL["conversation"], [f"customer/{one}" for one in asked]):
        view = msgspec.json.decode(row["view"], type=ConversationView)
        found.hushed += view.hushed.values()
        found.owed += view.promises
        found.no_texts |= view.heard.opted_out
        if view.confirmed_at is not None and (found.confirmed_at is None or view.confirmed_at > found.confirmed_at):
            found.confirmed_at, found.knows_the_latest = view.confirmed_at, view.is_confirmed
        meant = [text.meant for text in view.texts.values() if text.state in ("accepted", "delivered")]
        words += [one.next_word_by for one in meant if one and one.next_word_by]
    ahead = [word for word in words if word > found.now]
    found.next_word = min(ahead) if ahead and found.off else None
