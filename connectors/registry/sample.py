"""Make up a registry of key customers for a feed that names municipalities: same names and seed, same registry.

Numbers are from the block that the North American plan keeps for fiction: 555-0100 to 555-0199 in each area code.
"""

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.registry.entry import RegistryEntry
from schemas.contracts.customers import Contact, CustomerUpserted, Importance

REGISTRY_DATE = datetime(2023, 4, 30, tzinfo=UTC)
AREA_CODES = (
    *(604, 778, 236, 250, 672, 403, 587, 780, 825, 368, 204, 431, 584, 306, 639),
    *(416, 647, 437, 905, 289, 365, 742, 705, 249, 683, 613, 343, 753, 519, 226),
)
NUMBERS_PER_AREA_CODE = 100
STREETS = ("Main St", "Station Rd", "River Rd", "Mill Lane", "Park Ave", "Harbour Rd")
MAX_ADDRESS = 60


class TooManyContactsError(Exception):
    """There are more contacts than fiction numbers: name fewer municipalities."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of key customer; `share` of the municipalities have one."""

    suffix: str
    name: str
    importance: Importance
    life_support: bool
    roles: tuple[str, ...]
    share: float


KINDS = (
    Kind("hospital", "{} Hospital", "special", life_support=True, roles=("duty office", "facilities"), share=1.0),
    Kind("factory", "{} Paper Mill", "first", life_support=False, roles=("shift lead",), share=1.0),
    Kind("waterworks", "{} Waterworks", "first", life_support=False, roles=("control room",), share=0.5),
    Kind("care-home", "{} Care Home", "second", life_support=True, roles=("night nurse",), share=0.3),
    Kind("festival", "{} Spring Fair", "temporary", life_support=False, roles=("organiser",), share=0.1),
)


def fiction_numbers() -> Iterator[str]:
    """Every fiction number of AREA_CODES in E.164, each once, from +16045550100 on."""
    for area_code in AREA_CODES:
        for last in range(NUMBERS_PER_AREA_CODE):
            yield f"+1{area_code}55501{last:02d}"


def sample_registry(
    municipalities: Iterable[str], *, seed: int = 2023, updated_at: datetime = REGISTRY_DATE
) -> list[RegistryEntry]:
    """Key customers for each municipality: a hospital and a mill everywhere, others here and there. In English.

    The order of `municipalities` and repeats in it change nothing; every contact has a number of its own.

    Raises:
        TooManyContactsError: AREA_CODES hold fewer numbers than the contacts need.

    """
    numbers = fiction_numbers()
    entries: list[RegistryEntry] = []
    for municipality in sorted(set(municipalities)):
        # A generator of its own for each: one municipality more changes no other's customers.
        chance = random.Random(f"{seed}/{municipality}")  # noqa: S311 - made-up data, not a secret
        for kind in KINDS:
            present, street_number, street = chance.random(), chance.randint(1, 999), chance.choice(STREETS)
            if present < kind.share:
                entries.append(_entry(municipality, kind, f"{street_number} {street}", numbers, updated_at))
    return entries


def _entry(municipality: str, kind: Kind, street: str, numbers: Iterator[str], updated_at: datetime) -> RegistryEntry:
    customer_id = f"{_slug(municipality)}-{kind.suffix}"
    contacts = tuple(
        Contact(contact_id=f"{customer_id}-{rank}", rank=rank, role=role, can_reply=True)
        for rank, role in enumerate(kind.roles, start=1)
    )
    customer = CustomerUpserted(
        customer_id=customer_id,
        name=kind.name.format(municipality),
        address=f"{street}, {municipality}"[:MAX_ADDRESS],
        importance=kind.importance,
        life_support=kind.life_support,
        language="en",
        areas=(municipality,),
        contacts=contacts,
        account_manager="Sam Sample" if kind.importance in {"special", "first"} else None,
        updated_at=updated_at,
    )
    return RegistryEntry(customer, {contact.contact_id: _next(numbers) for contact in contacts})


def _next(numbers: Iterator[str]) -> str:
    number = next(numbers, None)
    if number is None:
        held = len(AREA_CODES) * NUMBERS_PER_AREA_CODE
        raise TooManyContactsError(f"More contacts than the {held} fiction numbers: name fewer municipalities.")
    return number


def _slug(municipality: str) -> str:
    """Letters for an id; the digest keeps apart names that look alike without their dots and accents."""
    plain = re.sub(r"[^a-z0-9]+", "-", municipality.lower()).strip("-")
    return f"{plain[:50] or 'place'}-{hashlib.sha256(municipality.encode()).hexdigest()[:4]}"
