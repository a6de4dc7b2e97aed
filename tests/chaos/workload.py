"""What a seed tells the system: a city, and some hundred outages whose facts come late, twice, and by both doors.

Pure. Instants are seconds after the beginning: `happens` is in the fact, `sent` is when it leaves the dispatch system.
Within one outage the facts' own instants ascend, so that what they mean does not depend on the order in which they come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.customers import Contact, CustomerUpserted

LINES = 20
CUSTOMERS = 40
Door = Literal["kafka", "http"]
At = Callable[[datetime], dispatch.Fact]


@dataclass(frozen=True, slots=True)
class Planned:
    """One fact: when it happens and when it is sent, in seconds; `again` sends it a second time, by the other door."""

    happens: float
    sent: float
    door: Door
    make: At
    mrid: str
    again: float | None = None


def line(number: int) -> str:
    """The name of a line."""
    return f"10千伏风暴{number:02}线"


def point(customer: int) -> str:
    """A customer's usage point."""
    return f"CH-UP-{customer:03}"


def customer_id(customer: int) -> str:
    """A customer's id in the registry."""
    return f"CH-{customer:03}"


def line_of(customer: int) -> int:
    """The line that feeds a customer."""
    return customer % LINES


def registry(updated_at: datetime) -> list[RegistryEntry]:
    """Two key customers on each line; every fifth is of special importance."""
    return [
        RegistryEntry(
            CustomerUpserted(
                customer_id=customer_id(number),
                name=f"客户{number:03}",
                address=f"风暴路{number}号",
                importance="special" if number % 5 == 0 else "first",
                language="en" if number % 3 == 0 else "zh-CN",
                usage_points=(point(number),),
                lines=(line(line_of(number)),),
                contacts=(Contact(contact_id=f"{customer_id(number)}-duty"),),
                updated_at=updated_at,
            ),
            {f"{customer_id(number)}-duty": f"+447700900{200 + number}"},
        )
        for number in range(CUSTOMERS)
    ]


def touches(extent: Extent, customer: int) -> bool:
    """Whether an extent names a customer's line or point."""
    return line(line_of(customer)) in extent.lines or point(customer) in extent.usage_points


class _Maker:
    """Draws one seed's facts."""

    def __init__(self, seed: int, seconds: float) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.seconds = seconds
        self.made: list[Planned] = []
        self._numbers = 0

    def mrid(self, kind: str) -> str:
        self._numbers += 1
        return f"{kind}-{self.seed}-{self._numbers:03}"

    def say(self, mrid: str, happens: float, make: At, *, late: float | None = None) -> None:
        draw = self.random
        delay = draw.choice((0.0, 0.0, 0.1, 0.5, 2.0, 4.0)) if late is None else late
        again = happens + delay + draw.choice((0.0, 0.3, 6.0)) if draw.random() < 0.15 else None
        door: Door = "http" if draw.random() < 0.4 else "kafka"
        self.made.append(Planned(happens, happens + delay, door, make, mrid, again))

    def start(self, mrid: str, at: float, where: Extent) -> None:
        ahead = timedelta(hours=self.random.choice((1, 2, 4))) if self.random.random() < 0.7 else None
        self.say(
            mrid,
            at,
            lambda t: dispatch.OutageStarted(
                mrid=mrid, outage_class="fault", started_at=t, extent=where, ert=t + ahead if ahead else None
            ),
        )

    def middle(self, mrid: str, begins: float, ends: float) -> None:
        draw = self.random
        steps: list[At] = [
            lambda t: dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=t),
            lambda t: dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=t),
            lambda t: dispatch.ErtChanged(mrid=mrid, changed_at=t, ert=t + timedelta(hours=draw.choice((1, 3, 5)))),
            lambda t: dispatch.CauseCleared(mrid=mrid, cleared_at=t, cause="树枝压断导线"),
        ]
        for index, step in enumerate(steps, 1):
            self.say(mrid, begins + (ends - begins) * index / (len(steps) + 1), step)

    def end(self, mrid: str, at: float, *, late: float | None = None) -> None:
        self.say(mrid, at, lambda t: dispatch.SupplyRestored(mrid=mrid, restored_at=t), late=late)


def _fault(maker: _Maker, number: int, at: float) -> float:
    mrid, ends = maker.mrid("F"), at + maker.random.uniform(4, 12)
    maker.start(mrid, at, Extent(lines=(line(number),)))
    maker.middle(mrid, at, ends)
    if ends < maker.seconds or maker.random.random() < 0.5:
        maker.end(mrid, ends)
    return ends


def _reopened(maker: _Maker, number: int, at: float) -> float:
    mrid, ends = maker.mrid("R"), at + maker.random.uniform(3, 6)
    again = ends + maker.random.uniform(1, 6)
    over = again + maker.random.uniform(3, 8)
    maker.start(mrid, at, Extent(lines=(line(number),)))
    maker.end(mrid, ends)
    maker.say(mrid, again, lambda t: dispatch.OutageReopened(mrid=mrid, reopened_at=t))
    maker.end(mrid, over)
    return over


def _nested(maker: _Maker, number: int, at: float) -> float:
    """A whole line is off, and one customer's own point with it, which stays off after the line is back."""
    outer, inner = maker.mrid("N"), maker.mrid("NP")
    mine = number + LINES * maker.random.randrange(CUSTOMERS // LINES)
    ends = at + maker.random.uniform(4, 8)
    maker.start(outer, at, Extent(lines=(line(number),)))
    maker.start(inner, at + maker.random.uniform(0, ends - at), Extent(usage_points=(point(mine),)))
    maker.end(outer, ends)
    over = ends + maker.random.uniform(2, 10)
    maker.end(inner, over)
    return over


def _rolled_up(maker: _Maker, number: int, at: float) -> float:
    """Two small outages become one larger: it is said first, then they are said to be over, in one breath."""
    small = [maker.mrid("S"), maker.mrid("S")]
    for index, mrid in enumerate(small):
        maker.start(mrid, at + index * 0.2, Extent(usage_points=(point(number + index * LINES),)))
    when, large = at + maker.random.uniform(4, 8), maker.mrid("L")
    whole = Extent(lines=(line(number),))
    maker.say(
        large,
        when,
        lambda t: dispatch.OutageStarted(mrid=large, outage_class="fault", started_at=t, extent=whole),
        late=0.0,
    )
    for mrid in small:
        maker.end(mrid, when + 0.01, late=0.0)
    over = when + maker.random.uniform(4, 10)
    maker.end(large, over)
    return over


def _parted(maker: _Maker, number: int, at: float) -> float:
    """Both points of a line are off; one has power again before the other."""
    mrid = maker.mrid("P")
    first, second = point(number), point(number + LINES)
    maker.start(mrid, at, Extent(usage_points=(first, second)))
    part = at + maker.random.uniform(3, 6)
    maker.say(
        mrid,
        part,
        lambda t: dispatch.SupplyRestored(
            mrid=mrid, restored_at=t, scope="part", extent=Extent(usage_points=(first,)), evidence="crew"
        ),
    )
    over = part + maker.random.uniform(3, 8)
    maker.end(mrid, over)
    return over


def _plan(maker: _Maker, number: int, at: float) -> float:
    mrid = maker.mrid("W")

    def body(kind: type[dispatch.PlanBody], revision: int, hours: int) -> At:
        return lambda t: kind(
            mrid=mrid,
            revision_number=revision,
            outage_class="planned",
            planned_period=Period(start=t + timedelta(days=12), end=t + timedelta(days=12, hours=hours)),
            extent=Extent(lines=(line(number),), areas=(f"风暴路{number}号一带",), nominal_voltage=10),
            requested_at=t,
            reason="线路检修",
        )

    maker.say(mrid, at, body(dispatch.PlannedRequested, 1, 8))
    maker.say(mrid, at + 2, body(dispatch.PlannedAmended, 2, 6))
    if maker.random.random() < 0.5:
        maker.say(
            mrid,
            at + 4,
            lambda t: dispatch.PlannedCancelled(mrid=mrid, revision_number=3, cancelled_at=t),
        )
    return at + 4


_KINDS = (_fault, _fault, _fault, _reopened, _nested, _rolled_up, _parted, _plan)


def facts(seed: int, seconds: float, lines: int = LINES) -> list[Planned]:
    """All facts of a seed in the order in which they are sent first, over about `seconds`, on so many lines."""
    maker = _Maker(seed, seconds)
    for number in range(lines):
        at = maker.random.uniform(0, 5)
        while at < seconds:
            at = maker.random.choice(_KINDS)(maker, number, at) + maker.random.uniform(0.5, 6)
    return sorted(maker.made, key=lambda planned: (planned.sent, planned.mrid))


def sendings(planned: list[Planned]) -> Iterator[tuple[float, int, Door]]:
    """When each fact (by its place in the list) leaves by which door, doubles included, in order of time."""
    other: dict[Door, Door] = {"kafka": "http", "http": "kafka"}
    rows: list[tuple[float, int, Door]] = []
    for index, one in enumerate(planned):
        rows.append((one.sent, index, one.door))
        if one.again is not None:
            rows.append((one.again, index, other[one.door]))
    return iter(sorted(rows))
