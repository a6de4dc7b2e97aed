"""Make a city under load from a seed: key customers on twenty lines, and what dispatch says of about 150 outages.

Each line has its own sequence of outages, one after the other, so that its customers hear of a cut, of its end, and of
the next one; the lines run side by side. Times of facts are those at which they are said.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.customers import Contact, CustomerUpserted

LINES = 20
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Said:
    """One fact and when dispatch says it."""

    at: datetime
    fact: dispatch.Fact


def line_name(number: int) -> str:
    """A line's name as dispatch writes it."""
    return f"10千伏城{number:02}线"


def area_name(number: int) -> str:
    """The area that a line feeds."""
    return f"中山路{number}号一带"


def extent(number: int) -> Extent:
    """What is dark when a line is."""
    return Extent(lines=(line_name(number),), areas=(area_name(number),), nominal_voltage=10)


def customers(count: int, updated_at: datetime) -> list[RegistryEntry]:
    """Key customers, two on each line for 40, every third an English speaker, every tenth of special importance."""
    entries = []
    for number in range(count):
        name = f"KC-{number:03}"
        customer = CustomerUpserted(
            customer_id=name,
            name=f"客户{number:03}",
            address=f"中山路{number}号",
            importance="special" if number % 10 == 0 else "first",
            language="en" if number % 3 == 0 else "zh-CN",
            lines=(line_name(number % LINES),),
            areas=(area_name(number % LINES),),
            contacts=(Contact(contact_id=f"{name}-duty"),),
            updated_at=updated_at,
        )
        entries.append(RegistryEntry(customer, {f"{name}-duty": f"+447700900{100 + number}"}))
    return entries


def fault(mrid: str, number: int, random: Random) -> Iterator[Callable[[datetime], dispatch.Fact]]:
    """A fault from the first call to the call-back; one in four comes back after it was over."""
    where = extent(number)
    yield lambda at: dispatch.FaultReported(mrid=mrid, reported_at=at, report_id=f"R-{mrid}", extent=where)
    yield lambda at: dispatch.OutageStarted(
        mrid=mrid, outage_class="fault", started_at=at, extent=where, ert=at + 2 * HOUR
    )
    yield lambda at: dispatch.EnquiryReceived(mrid=mrid, enquiry_id=f"E-{mrid}", received_at=at)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=at)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="enroute", at=at)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at)
    yield lambda at: dispatch.ErtChanged(mrid=mrid, changed_at=at, ert=at + random.choice((1, 3, 5)) * HOUR)
    yield lambda at: dispatch.EnquiryAnswered(mrid=mrid, enquiry_id=f"E-{mrid}", answered_at=at)
    if random.random() < 0.5:
        wider = Extent(lines=where.lines, areas=(*where.areas, area_name((number + 1) % LINES)), nominal_voltage=10)
        yield lambda at: dispatch.ExtentChanged(mrid=mrid, changed_at=at, extent=wider)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="fieldComplete", at=at)
    yield lambda at: dispatch.CauseCleared(mrid=mrid, cleared_at=at, cause="外力破坏")
    yield lambda at: dispatch.SupplyRestored(mrid=mrid, restored_at=at)
    if random.random() < 0.25:
        yield lambda at: dispatch.OutageReopened(mrid=mrid, reopened_at=at, ert=at + HOUR)
        yield lambda at: dispatch.CauseCleared(mrid=mrid, cleared_at=at)
        yield lambda at: dispatch.SupplyRestored(mrid=mrid, restored_at=at, evidence="meter")
    yield lambda at: dispatch.FollowupDone(mrid=mrid, done_at=at, by="话务员07", outcome="satisfied")


def emergency(mrid: str, number: int, random: Random) -> Iterator[Callable[[datetime], dispatch.Fact]]:
    """An emergency cut with no known end, half of it back before the rest, and a complaint."""
    where = extent(number)
    yield lambda at: dispatch.OutageStarted(mrid=mrid, outage_class="emergency", started_at=at, extent=where)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=at)
    yield lambda at: dispatch.ComplaintReceivedV1(mrid=mrid, complaint_id=f"C-{mrid}", received_at=at)
    yield lambda at: dispatch.ErtChanged(mrid=mrid, changed_at=at, ert=at + random.choice((1, 2)) * HOUR)
    yield lambda at: dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at)
    yield lambda at: dispatch.CauseCleared(mrid=mrid, cleared_at=at)
    yield lambda at: dispatch.SupplyRestored(
        mrid=mrid, restored_at=at, scope="part", extent=Extent(areas=where.areas), evidence="crew"
    )
    yield lambda at: dispatch.SupplyRestored(mrid=mrid, restored_at=at)
    yield lambda at: dispatch.ComplaintAnsweredV1(mrid=mrid, complaint_id=f"C-{mrid}", answered_at=at)


def planned(mrid: str, number: int, random: Random) -> Iterator[Callable[[datetime], dispatch.Fact]]:
    """Planned work: asked for in time (or not: one in four), changed twice, some of it called off."""
    days = 2 if random.random() < 0.25 else 12

    def plan(revision: int, hours: int, kind: type[dispatch.PlanBody]) -> Callable[[datetime], dispatch.Fact]:
        return lambda at: kind(
            mrid=mrid,
            revision_number=revision,
            outage_class="planned",
            planned_period=Period(start=at + days * DAY, end=at + days * DAY + hours * HOUR),
            extent=extent(number),
            requested_at=at,
            reason="线路检修",
        )

    yield plan(1, 8, dispatch.PlannedRequested)
    yield lambda at: dispatch.EnquiryReceived(mrid=mrid, enquiry_id=f"E-{mrid}", received_at=at)
    yield plan(2, 7, dispatch.PlannedAmended)
    yield lambda at: dispatch.EnquiryAnswered(mrid=mrid, enquiry_id=f"E-{mrid}", answered_at=at)
    yield plan(3, 6, dispatch.PlannedAmended)
    if random.random() < 0.5:
        yield lambda at: dispatch.PlannedCancelled(mrid=mrid, revision_number=4, cancelled_at=at)


def temporary(mrid: str, number: int, random: Random) -> Iterator[Callable[[datetime], dispatch.Fact]]:
    """Temporary work a day ahead, called off in the end."""
    yield lambda at: dispatch.PlannedRequested(
        mrid=mrid,
        revision_number=1,
        outage_class="temporary",
        planned_period=Period(start=at + 26 * HOUR, end=at + 30 * HOUR),
        extent=extent(number),
        requested_at=at,
    )
    yield lambda at: dispatch.PlannedCancelled(mrid=mrid, revision_number=2, cancelled_at=at)


KINDS = (fault, planned, fault, emergency, fault, temporary, fault)


def story(count: int, start: datetime, over: timedelta, seed: int) -> list[Said]:
    """Exactly `count` facts over the lines, evenly spread over a span of time."""
    random = Random(seed)
    lines = [told_of_line(number, random) for number in range(LINES)]
    gap = over / count
    told: list[Said] = []
    for index in range(count):
        at = start + index * gap
        told.append(Said(at, next(lines[index % LINES])(at)))
    return told


def told_of_line(number: int, random: Random) -> Iterator[Callable[[datetime], dispatch.Fact]]:
    """The outages of one line for ever; lines begin at different kinds."""
    turn = number
    while True:
        kind = KINDS[turn % len(KINDS)]
        yield from kind(f"{kind.__name__.upper()}-{number:02}-{turn:03}", number, random)
        turn += 1


def outages(told: Sequence[Said]) -> int:
    """How many outages a story is about."""
    return len({said.fact.mrid for said in told})
