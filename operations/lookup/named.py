"""Find what a caller's words name: a place, a key customer by id, name or address, an outage, or a text by its reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import structs

from operations.history.decoding import whole_or_part
from operations.system.database import Connection, Row, enter
from schemas.contracts.customers import CustomerUpserted
from services.concerned.matching import KINDS, pairs
from services.kernel.queries import queries
from services.notifier.domain.wording.reference import codes_heard
from services.places import normal

SQL = queries(Path(__file__).parents[1] / "sql" / "explain.sql")
MAY_BE_MEANT = 5

Place = tuple[str, str]
"""Kind (usagePoint, line, transformer, area) and name in normal form."""


@dataclass(frozen=True, slots=True)
class NamedThing:
    """One kind of thing that the id names, and the places that stand for it."""

    kind: str
    name: str
    places: frozenset[Place]
    customers: tuple[str, ...] = ()
    note: str | None = None
    people: tuple[CustomerUpserted, ...] = ()
    """The customers for whom its places stand, where it is they who are asked for."""


@dataclass(slots=True)
class LookupTarget:
    """What the words name. `mrids`: outages asked for themselves."""

    known: list[NamedThing] = field(default_factory=list)
    mrids: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


async def what(connection: Connection, services: Sequence[str], name: str) -> LookupTarget:
    """All that `name` can mean, exactly; if that is nothing, the one customer so called or at that address."""
    asked = LookupTarget(await _places_and_customers(connection, services, name))
    await _outage(connection, services, name.strip(), asked)
    if not asked.known and "notifier" in services:
        await enter(connection, "notifier")
        await _text(connection, name, asked)
        if not asked.known:
            await _called(connection, name, asked)
    return asked


async def _places_and_customers(connection: Connection, services: Sequence[str], name: str) -> list[NamedThing]:
    value = normal(name)
    people: dict[str, dict[str, CustomerUpserted]] = {}
    customer = None
    if "notifier" in services:
        await enter(connection, "notifier")
        customer = await connection.fetchrow(SQL["customer"], name)
        for row in await connection.fetch(SQL["registered"], value):
            people.setdefault(row["kind"], {})[row["customer_id"]] = _profile(row)
    named: set[str] = set()
    for service in ("restorer", "planner"):
        if service in services:
            await enter(connection, service)
            named |= {row["kind"] for row in await connection.fetch(SQL["place_kinds"], value)}
    known = [_place(kind, name, value, people.get(kind, {})) for kind in KINDS if kind in people or kind in named]
    if customer is not None:
        known.append(_customer(name, _profile(customer)))
    return known


async def _outage(connection: Connection, services: Sequence[str], name: str, asked: LookupTarget) -> None:
    for service in ("restorer", "planner"):
        if service in services:
            await enter(connection, service)
            if await connection.fetchval("select version from stream where stream_id = $1", f"outage/{name}"):
                asked.known.append(NamedThing("outage", name, frozenset()))
                asked.mrids.append(name)
                return


async def _text(connection: Connection, name: str, asked: LookupTarget) -> None:
    """By the code a text ends with, as it is read out; as it may have been misread only where there is no such code."""
    for code in codes_heard(name):
        rows = await connection.fetch(SQL["text_by_ref"], code)
        for row in rows:
            customer = await connection.fetchrow(SQL["customer"], row["customer_id"])
            profile = _profile(customer) if customer is not None else None
            note = f"of {called(row['customer_id'], profile)}, about {', '.join(row['mrids'])}"
            whose = (profile,) if profile is not None else ()
            asked.known.append(NamedThing("text", code, places_of(profile), (row["customer_id"],), note, whose))
            asked.mrids += [mrid for mrid in row["mrids"] if mrid not in asked.mrids]
        if rows:
            return


async def _called(connection: Connection, name: str, asked: LookupTarget) -> None:
    """By name or address. Several that fit are offered; one whose whole name or address it is wins over them."""
    typed = "".join(name.lower().split())
    if not typed:
        return
    rows = await connection.fetch(SQL["customers_like"], typed)
    found = {row["customer_id"]: _profile(row) for row in rows}
    value = normal(name)
    exact = {
        one: profile
        for one, profile in found.items()
        if value in (normal(profile.name or ""), normal(profile.address or ""))
    }
    meant = exact or found
    if len(meant) == 1:
        asked.known += [_customer(one, profile) for one, profile in meant.items()]
    else:
        asked.choices = [called(one, profile) for one, profile in meant.items()][:MAY_BE_MEANT]


async def similar(connection: Connection, services: Sequence[str], name: str) -> list[str]:
    """Places whose names hold this one, as they are written where they are known."""
    value = normal(name)
    if not value:
        return []
    written: dict[str, str] = {}
    for service in ("restorer", "planner"):
        if service in services:
            await enter(connection, service)
            for row in await connection.fetch(SQL["place_like"], value):
                written.setdefault(row["value"], row["written"])
    if "notifier" in services:
        await enter(connection, "notifier")
        for row in await connection.fetch(SQL["registered_like"], value):
            written.setdefault(row["value"], row["value"])
    return sorted(written.values())[:MAY_BE_MEANT]


def _profile(row: Row) -> CustomerUpserted:
    """A customer as the registry last said, in the words of its own time."""
    return whole_or_part(msgspec.json.decode(row["profile"]), CustomerUpserted)


def _customer(customer_id: str, profile: CustomerUpserted) -> NamedThing:
    return NamedThing("customer", called(customer_id, profile), places_of(profile), (customer_id,), people=(profile,))


def _place(kind: str, name: str, value: str, people: Mapping[str, CustomerUpserted]) -> NamedThing:
    places = {(kind, value)}
    customers = tuple(people)
    if kind != "usagePoint":
        return NamedThing(kind, name, frozenset(places), customers)
    # An outage may name only the line: through the customer who takes power at the point, it is found all the same.
    there = [at_point(profile, value) for profile in people.values()]
    for profile in there:
        places |= places_of(profile)
    note = ", ".join(called(one, profile) for one, profile in people.items())
    return NamedThing(kind, name, frozenset(places), customers, f"of {note}" if note else None, tuple(there))


def at_point(profile: CustomerUpserted, point: str) -> CustomerUpserted:
    """The customer as they take power at one usage point (in normal form): by that supply alone, where it is one of several."""
    there = [one for one in profile.supplies if one.usage_point and normal(one.usage_point) == point]
    only = tuple(structs.replace(one, role="main") for one in there[:1])
    return structs.replace(profile, supplies=only) if only else profile


def called(customer_id: str, profile: CustomerUpserted | None) -> str:
    """A customer as people say it: name (id)."""
    return f"{profile.name} ({customer_id})" if profile and profile.name else customer_id


def places_of(profile: CustomerUpserted | None) -> frozenset[Place]:
    """The places a customer's profile names, in normal form."""
    return frozenset(pairs(profile)) if profile else frozenset()
