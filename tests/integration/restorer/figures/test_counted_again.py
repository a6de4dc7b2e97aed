"""A random month, told out of order and more than once to a real PostgreSQL, and every figure of it counted a second time by hand.

The second count is slow, plain, and shares no code with the product: customer by customer (tests/sim/judging/figures/supply.py),
and loops over the facts as they were said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from math import exp, log, sqrt
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from operations.reports.form import CustomersServed, MonthReport
from operations.reports.making import report_of
from operations.reports.reading import report_facts
from operations.system.location import Where, find
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from services.reliability.major_days import threshold_of
from services.reliability.words import Spread
from tests.kits.stack.tables.restorer import restorer_room
from tests.kits.stack.tables.room import Room
from tests.sim.city.workloads.outages.called_back import CallKnown, expected
from tests.sim.judging.figures.supply import Dark, Supply, dark_under, summed

__all__ = ["restorer_room"]

ZONE = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MARCH = datetime(2026, 3, 1, tzinfo=ZONE)
SERVED = 5_000
SEED = 20_260_301
OUTAGES = 80
AREAS = ("A", "B", "C")
CASES = ("satisfied", "neutral", "dissatisfied")


@dataclass
class City:
    """All that was said of one random month."""

    random: Random

    def outages(self) -> Iterator[list[Any]]:
        for number in range(OUTAGES):
            yield [*self._outage(f"O-{number}", MARCH + self.random.uniform(-3, 32) * 24 * HOUR)]

    def _outage(self, mrid: str, since: datetime) -> Iterator[Any]:
        random, now = self.random, since
        areas = tuple(random.sample(AREAS, random.choice((1, 1, 1, 2))))
        places = tuple(f"{mrid}-{one}" for one in "abc")
        number = None if random.random() < 0.15 else random.randint(1, 400)
        ert = since + random.uniform(0.5, 5) * HOUR if random.random() < 0.6 else None
        where = Extent(areas=areas, usage_points=places, customers_affected=number)
        kind: Any = random.choice(("fault", "fault", "planned"))
        yield dispatch.OutageStarted(mrid=mrid, outage_class=kind, started_at=since, extent=where, ert=ert)
        for report in range(random.choice((0, 0, 1, 2)) if kind == "fault" else 0):
            at = since + random.uniform(1, 30) * MINUTE
            yield dispatch.FaultReported(mrid=mrid, reported_at=at, report_id=f"{mrid}/{report}")
        for status in ("assigned", "arrived") if random.random() < 0.6 else ():
            at = since + random.uniform(2, 55) * MINUTE
            yield dispatch.CrewStatus(mrid=mrid, crew_status=status, at=at)  # type: ignore[arg-type]
        if random.random() < 0.1:
            yield dispatch.SupplyRestored(mrid=mrid, restored_at=now + random.uniform(1, 4.9) * MINUTE)
            return
        back = list(places[:2])
        for _ in range(random.randint(0, 4)):
            now += random.uniform(60, 300) * MINUTE
            match random.choice(("grown", "part", "word", "word")):
                case "grown":
                    back = list(places[:2])
                    grown = Extent(areas=areas, usage_points=places, customers_affected=random.randint(1, 500))
                    yield dispatch.ExtentChanged(mrid=mrid, changed_at=now, extent=grown)
                case "part" if back:
                    some = Extent(usage_points=(back.pop(),), customers_affected=random.choice((None, 5, 50)))
                    yield dispatch.SupplyRestored(mrid=mrid, restored_at=now, scope="part", extent=some)
                case _:
                    said = now + random.uniform(0.5, 4) * HOUR if random.random() < 0.8 else None
                    yield dispatch.ErtChanged(mrid=mrid, changed_at=now, ert=said)
        now += random.uniform(60, 200) * MINUTE
        yield dispatch.SupplyRestored(mrid=mrid, restored_at=now)
        if random.random() < 0.15:
            now += random.uniform(6, 60) * MINUTE
            yield dispatch.OutageReopened(mrid=mrid, reopened_at=now)
            now += random.uniform(6, 60) * MINUTE
            yield dispatch.SupplyRestored(mrid=mrid, restored_at=now)
        for report in range(2):
            if random.random() < 0.5:
                at, name = now + random.uniform(1, 20) * HOUR, f"{mrid}/{report}"
                yield dispatch.FollowupDone(
                    mrid=mrid, report_id=name, done_at=at, by="li", outcome=random.choice(CASES)
                )  # type: ignore[arg-type]
        if random.random() < 0.08:
            yield dispatch.OutageWithdrawn(mrid=mrid, withdrawn_at=now + HOUR)


@pytest.fixture
def where(restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Where:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POSTGRES", restorer_room.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    return find(None)


async def test_every_figure_of_a_random_month(restorer_room: Room, where: Where) -> None:
    random = Random(SEED)
    outages = [*City(random).outages()]
    told = [fact for own in outages for fact in own]
    told += random.choices(told, k=len(told) // 5)
    random.shuffle(told)
    for start in range(0, len(told), 100):
        await restorer_room.say_all(*told[start : start + 100])
    read = await report_facts(where, "2026-03")
    served = CustomersServed(customers=float(SERVED), source="setting", days=31, days_known=31)
    made = report_of(replace(read, served=served))
    _supply_is_what_the_slow_count_finds(made, outages)
    _words_are(made, outages)
    _calls_are(made, outages)


def _in_march(instant: datetime) -> bool:
    return (instant.astimezone(ZONE).year, instant.astimezone(ZONE).month) == (2026, 3)


def _is_none(own: Sequence[Any]) -> bool:
    return any(isinstance(fact, dispatch.OutageWithdrawn) for fact in own)


def _start(own: Sequence[Any]) -> dispatch.OutageStarted:
    return next(fact for fact in own if isinstance(fact, dispatch.OutageStarted))


def _dark(outages: Iterable[Sequence[Any]]) -> list[Dark]:
    found = [dark for own in outages if not _is_none(own) for dark in dark_under(own) or ()]
    return [dark for dark in found if _in_march(dark[0])]


def _supply_is_what_the_slow_count_finds(made: MonthReport, outages: Sequence[Sequence[Any]]) -> None:
    whole, mine = made.whole.indices, summed(_dark(outages))
    length = 31 * 24 * 60
    assert mine.interrupted > 1_000
    assert mine.momentary > 0
    assert whole.saifi == pytest.approx(mine.interrupted / SERVED)
    assert whole.saidi == pytest.approx(mine.minutes / SERVED)
    assert whole.caidi == pytest.approx(mine.minutes / mine.interrupted)
    assert whole.maifi == pytest.approx(mine.momentary / SERVED)
    assert whole.asai == pytest.approx(1 - mine.minutes / (SERVED * length))
    unknown = [own for own in outages if not _is_none(own) and dark_under(own) is None]
    assert whole.not_known == sum(_in_march(_start(own).started_at) for own in unknown)

    def as_one(outages: Iterable[Sequence[Any]]) -> tuple[int, float, int]:
        found: Supply = summed(_dark(outages))
        return found.interrupted, round(found.minutes, 4), found.momentary

    by_class = {one.name: _three(one.indices) for one in made.by_class}
    for kind in ("fault", "planned"):
        assert by_class[kind] == as_one(own for own in outages if _start(own).outage_class == kind)
    by_area = {one.name: _three(one.indices) for one in made.by_area}
    for area in AREAS:
        assert by_area[area] == as_one(own for own in outages if _start(own).extent.areas == (area,))
    days = {one.day: one for one in made.days}
    by_day: dict[date, list[Dark]] = {}
    for day, some in groupby(sorted(_dark(outages)), key=lambda dark: dark[0].astimezone(ZONE).date()):
        by_day[day] = [*some]
    for day, dark in by_day.items():
        assert days[day].customers_interrupted == summed(dark).interrupted
        assert days[day].customer_minutes == pytest.approx(summed(dark).minutes)


def _three(one: Any) -> tuple[int, float, int]:
    return one.customers_interrupted, round(one.customer_minutes, 4), one.momentary_interruptions


def _words_are(made: MonthReport, outages: Sequence[Sequence[Any]]) -> None:
    first, late, moved, sent = list[float](), list[float](), list[float](), list[float]()
    known = 0
    for own in outages:
        start = _start(own)
        known_at = min([start.started_at, *(one.reported_at for one in own if isinstance(one, dispatch.FaultReported))])
        if not _in_march(known_at):
            continue
        known += 1
        said = [(start.started_at, start.ert)] if start.ert is not None else []
        said += [(one.changed_at, one.ert) for one in own if isinstance(one, dispatch.ErtChanged)]
        said += [(one.reopened_at, None) for one in own if isinstance(one, dispatch.OutageReopened)]
        said.sort(key=lambda one: one[0])
        times = [at for at, ert in said if ert is not None]
        if times:
            first.append((times[0] - known_at) / MINUTE)
            moved.append(float(sum(one[1] != other[1] for one, other in pairwise(said))))
        back = max(one.restored_at for one in own if isinstance(one, dispatch.SupplyRestored) and one.scope == "all")
        standing = [ert for at, ert in said if at <= back]
        if not _is_none(own) and standing and standing[-1] is not None:
            late.append((back - standing[-1]) / MINUTE)
        reports = [one.reported_at for one in own if isinstance(one, dispatch.FaultReported)]
        crews = [one.at for one in own if isinstance(one, dispatch.CrewStatus)]
        if reports and crews:
            sent.append((max(min(crews), min(reports)) - min(reports)) / MINUTE)
    words = made.words
    assert (words.outages, words.said) == (known, len(first))
    for theirs, mine in (
        (words.until_first_said, first),
        (words.lateness, late),
        (words.moved, moved),
        (words.report_to_dispatch, sent),
    ):
        _lies_as(theirs, mine)


def _lies_as(theirs: Spread, mine: Sequence[float]) -> None:
    """The middle: as many are not beyond it as are not below it. Nine tenths: nine of ten are not beyond it, by no smaller one."""
    ordered = sorted(mine)
    assert len(ordered) > 10
    assert theirs.count == len(ordered)
    assert theirs.most == pytest.approx(ordered[-1])
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    assert theirs.median == pytest.approx(middle)
    enough = [one for one in ordered if 10 * sum(other <= one for other in ordered) >= 9 * len(ordered)]
    assert theirs.p90 == pytest.approx(enough[0])


def _calls_are(made: MonthReport, outages: Sequence[Sequence[Any]]) -> None:
    due = called = satisfied = 0
    for own in outages:
        calls = [
            CallKnown(one.report_id or "", one.done_at, one.outcome)
            for one in own
            if isinstance(one, dispatch.FollowupDone)
        ]
        in_time = [fact for fact in own if not isinstance(fact, dispatch.OutageWithdrawn)] if not _is_none(own) else own
        for stands in expected(in_time, calls).values():
            if _in_march(stands.due_from):
                due += 1
                called += stands.outcome in CASES
                satisfied += stands.outcome == "satisfied"
    assert made.calls is not None
    assert due > 5
    assert (made.calls.due, made.calls.called, made.calls.satisfied) == (due, called, satisfied)
    assert made.calls.rate == pytest.approx(called / due)


def test_the_threshold_by_another_way() -> None:
    """The average of logarithms is the logarithm of the geometric mean; the variance is half the mean square of all differences."""
    for seed in range(20):
        random = Random(seed)
        daily = [exp(random.gauss(-1, 1.5)) for _ in range(random.randint(2, 400))]
        logs = [log(one) for one in daily]
        count = len(daily)
        mean = log(_product(one ** (1 / count) for one in daily))
        squares = sum((one - other) ** 2 for one in logs for other in logs)
        beta = sqrt(squares / (2 * count * (count - 1)))
        found = threshold_of([*daily, 0.0, 0.0])
        assert found == pytest.approx((exp(mean + 2.5 * beta), mean, beta))


def _product(found: Iterable[float]) -> float:
    made = 1.0
    for one in found:
        made *= one
    return made
