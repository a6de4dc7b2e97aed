"""Draw the city of a story: its lines, who lives on them, and how large the story is to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted, Supply
from tests.sim.city.stage import ZERO

LARGE: Final = 0.1
"""So many of the stories are large ones."""
TWO_SUPPLIES: Final = 0.25
"""So many of the customers have two."""
KNOWN_TRANSFORMER: Final = 2 / 3
"""Of so many it is known on which transformer they hang."""
LINES: Final = ("10千伏城东线", "10kV滨江Ⅱ线", "10千伏工业园1#线", "10千伏北郊线", "10kV Línea Norte")
STREETS: Final = ("中山路", "滨江道", "园区大街", "北郊路", "Calle Norte")
AREAS: Final = ("中山路一带", "滨江道", "工业园", "北郊镇", "Norte")


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens, from and to: `lines` there are, `workloads` are mixed, `times` each does its thing, `attacks`."""

    lines: tuple[int, int]
    workloads: tuple[int, int]
    times: tuple[int, int]
    attacks: tuple[int, int]


SMALL: Final = Size((1, 3), (2, 3), (1, 1), (2, 4))
WHOLE: Final = Size((3, 4), (3, 5), (1, 3), (4, 8))


@dataclass(frozen=True, slots=True)
class Town:
    """The city of one seed."""

    seed: int
    size: Size
    lines: tuple[str, ...]
    customers: tuple[RegistryEntry, ...]

    def points(self, line: str) -> list[str]:
        """The usage points of all who live on a line; never empty."""
        mine = [point for one in self.customers for point in points_of(one.customer, line)]
        return mine or [f"{line}-nobody"]

    def transformers(self, line: str) -> list[str]:
        """The transformers by which people on a line are known; of some nobody knows theirs."""
        return sorted({name for one in self.customers for name in transformers_of(one.customer, line)})

    def area(self, line: str) -> str:
        """Where a line lies."""
        return AREAS[LINES.index(line)]

    def whole(self, line: str) -> Extent:
        """All of a line."""
        return Extent(lines=(line,))

    def noticed(self, line: str) -> Extent:
        """All of a line as a plan names it: with its area, voltage and points, by which the outages of a year are counted."""
        points = tuple(self.points(line))
        return Extent(lines=(line,), areas=(self.area(line),), usage_points=points, nominal_voltage=10)

    def some(self, line: str, random: Random) -> Extent:
        """One or two points of it."""
        points = self.points(line)
        return Extent(usage_points=tuple(random.sample(points, min(len(points), random.randint(1, 2)))))


def town(seed: int) -> Town:
    """Draw it."""
    random = Random(f"{seed}/town")
    size = WHOLE if random.random() < LARGE else SMALL
    lines = tuple(random.sample(LINES, random.randint(*size.lines)))
    homes = [line for line in lines for _ in range(random.randint(1, 3))]
    people = [customer(number, line, random) for number, line in enumerate(homes)]
    chance = Random(f"{seed}/supplies")
    whole = [_with_supplies(one, lines, chance) for one in people]
    hung = Random(f"{seed}/transformers")
    return Town(seed, size, lines, tuple(_with_transformers(one, hung) for one in whole))


def points_of(customer: CustomerUpserted, line: str) -> tuple[str, ...]:
    """The usage points at which a customer takes power from a line."""
    if customer.supplies:
        return tuple(one.usage_point for one in customer.supplies if one.line == line and one.usage_point)
    return customer.usage_points if line in customer.lines else ()


def transformers_of(customer: CustomerUpserted, line: str) -> tuple[str, ...]:
    """The transformers of a line on which a customer hangs."""
    if customer.supplies:
        return tuple(one.transformer for one in customer.supplies if one.line == line and one.transformer)
    return customer.transformers if line in customer.lines else ()


def _with_transformers(entry: RegistryEntry, random: Random) -> RegistryEntry:
    """Of two in three it is known on which of two transformers of a line they hang, by each of their supplies."""
    one = entry.customer

    def hung(line: str) -> str:
        return f"{line}{random.randint(1, 2)}号变"

    if random.random() >= KNOWN_TRANSFORMER:
        return entry
    if not one.supplies:
        return RegistryEntry(replace(one, transformers=tuple(map(hung, one.lines))), entry.numbers)
    supplies = tuple(replace(way, transformer=hung(way.line)) if way.line else way for way in one.supplies)
    return RegistryEntry(replace(one, supplies=supplies), entry.numbers)


def _with_supplies(entry: RegistryEntry, lines: Sequence[str], random: Random) -> RegistryEntry:
    """One in four has a second supply, from another line where there is one; of some of them nobody knows where it hangs."""
    one, others = entry.customer, [line for line in lines if line not in entry.customer.lines]
    if random.random() >= TWO_SUPPLIES or not others:
        return entry
    main = Supply(id="1", role="main", line=one.lines[0], usage_point=one.usage_points[0])
    known = {"line": random.choice(others), "usage_point": f"{one.customer_id}-UP-9"} if random.random() < 0.85 else {}
    plant = [Supply(id="3", role="own-generation")] if random.random() < 1 / 4 else []
    supplies = (main, Supply(id="2", role="standby", **known), *plant)
    return RegistryEntry(replace(one, supplies=supplies, lines=(), usage_points=()), entry.numbers)


def customer(number: int, line: str, random: Random) -> RegistryEntry:
    """A key customer on a line; one in five lies on its area, too, and one in four has a second contact."""
    name, place = f"CH-{number:03}", LINES.index(line)
    contacts = [Contact(contact_id=f"{name}-duty")]
    if random.random() < 1 / 4:
        contacts.append(Contact(contact_id=f"{name}-night", rank=2))
    return RegistryEntry(
        CustomerUpserted(
            customer_id=name,
            name=f"客户{number:03}",
            address=f"{STREETS[place]}{number + 1}号",
            importance=random.choice(("special", "first", "second")),
            language=random.choice(("zh-CN", "en")),
            usage_points=tuple(f"{name}-UP-{point}" for point in range(1, random.randint(1, 2) + 1)),
            lines=(line,),
            areas=(AREAS[place],) if random.random() < 1 / 5 else (),
            contacts=tuple(contacts),
            updated_at=ZERO,
        ),
        {contact.contact_id: phone(2 * number + rank) for rank, contact in enumerate(contacts)},
    )


def phone(number: int) -> str:
    """A number from the range of fiction."""
    return f"+447700900{100 + number:03}"
