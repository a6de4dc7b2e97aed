"""Measure plans judged by the planner without Kafka or Postgres: plans per second, and whether memory stays flat.

A city's mix: planned and temporary work, safety cuts, lines and areas left out, slips of the year, exceptions, from none
to 200 usage points with a year already used in part, works at the same place; one plan in five is amended, one in ten
cancelled. `judge` is the verdict alone; `decider` decides, folds each event and asks for the timers, as the kernel does.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period, Wire
from schemas.contracts.dispatch import PlanBody, PlannedAmended, PlannedCancelled, PlannedRequested, PolicyException
from services.kernel.model import Event, Message
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.verdict.judge import judge
from services.planner.domain.verdict.other_work import CountedOutage, NearbyWork, OtherWork
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar

POLICY = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar()
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
BATCH = 5000
EXCEPTION = PolicyException(rule_id="cn.temporary.key-customers-24h", reason="漏油", approver="王工")
Asked = tuple[PlanBody, OtherWork, datetime]


def _extent(rng: random.Random) -> Extent:
    """A line or two of a city of 400 lines, with 0 to 200 usage points."""
    first = rng.randrange(400)
    lines = tuple(f"10千伏{first + n}线" for n in range(rng.choice((1, 1, 1, 2))))
    count = rng.choice((0, 0, 1, 5, 20, 200))
    return Extent(
        lines=lines if rng.random() > 0.03 else (),
        areas=(f"{first}号路一带",),
        transformers=tuple(f"{first}号公变{n}" for n in range(rng.randrange(4))),
        usage_points=tuple(f"UP-{first:03}-{n:03}" for n in range(count)),
        nominal_voltage=rng.choice((10, 10, 10, 35, None)),
    )


def _known(rng: random.Random, plan: PlanBody) -> OtherWork:
    """Up to two planned outages of each usage point, and for one plan in four other work at its line."""
    points, start = plan.extent.usage_points, plan.planned_period.start
    spent = [timedelta(days=rng.randrange(-200, 200)) for _ in range(rng.randrange(3))]
    used = tuple(CountedOutage(point, f"OLD-{n}", start + ago) for n, ago in enumerate(spent) for point in points)
    if rng.random() > 0.25 or not plan.extent.lines:
        return OtherWork(used=used)
    period = Period(start=start + timedelta(hours=4), end=plan.planned_period.end + timedelta(hours=4))
    return OtherWork(
        used=used, works=(NearbyWork("P-OTHER", "planned", "noticed", period, (f"line:{plan.extent.lines[0]}",)),)
    )


def plans(count: int) -> Iterator[Asked]:
    """`count` requests, the same in each run."""
    rng = random.Random(5)
    for n in range(count):
        now = NOW + timedelta(seconds=n)
        kind = rng.choice(("planned", "planned", "planned", "temporary"))
        hours = rng.choice((26, 48, 24 * 5, 24 * 9, 24 * 12, 24 * 30, 24 * 30, 24 * 400))
        start = now + timedelta(hours=hours, minutes=rng.randrange(1440))
        plan = PlannedRequested(
            mrid=f"P-{n}",
            revision_number=1,
            outage_class=kind,  # type: ignore[arg-type]
            planned_period=Period(start=start, end=start + timedelta(hours=rng.randrange(1, 12))),
            extent=_extent(rng),
            requested_at=now,
            reason="线路检修",
            safety_cut=rng.random() < 0.01,
            exceptions=(EXCEPTION,) if kind == "temporary" and rng.random() < 0.1 else (),
        )
        yield plan, _known(rng, plan), now


def _judge(asked: list[Asked]) -> int:
    for plan, known, now in asked:
        judge(plan, POLICY, CALENDAR, now, known=known)
    return len(asked)


PLANNER = PlannerOutage(POLICY, CALENDAR)


def _decide(asked: list[Asked]) -> int:
    """Each request and, for some, what follows: more facts than plans."""
    return sum(_life(*each) for each in asked)


def _life(plan: PlanBody, known: OtherWork, now: datetime) -> int:
    words: list[Wire] = [plan]
    number = int(plan.mrid.removeprefix("P-"))
    if number % 5 == 0:
        words.append(PlannedAmended(**{**_fields(plan), "revision_number": 2}))
    if number % 10 == 0:
        words.append(PlannedCancelled(mrid=plan.mrid, revision_number=3, cancelled_at=now))
    state = PLANNER.initial(f"outage/{plan.mrid}")
    for n, word in enumerate(words):
        at = now + timedelta(minutes=n)
        message = Message("/bench", f"{plan.mrid}/{n}", TYPE_OF[type(word)], at, word, plan.mrid, 0)
        decision = PLANNER.decide(state, known, message, at)
        for new in decision.events:
            event = Event(plan.mrid, 1, UUID(int=1), new.type, new.data, at, message.cause, decision.reason)
            state = PLANNER.evolve(state, event)
        PLANNER.timers(state)
        PLANNER.view(state)
    return len(words)


def _fields(plan: PlanBody) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in plan.__struct_fields__}


def measure(kind: str, work: Callable[[list[Asked]], int], count: int) -> dict[str, object]:
    """Rates by batch of 5,000, the making of plans not counted; memory of the process after a tenth and at the end."""
    load, rates, done, early = plans(count), [], 0, 0
    while done < count:
        batch = list(islice(load, BATCH))
        began = time.perf_counter()
        facts = work(batch)
        rates.append(facts / (time.perf_counter() - began))
        done += len(batch)
        early = early or (_kilobytes() if done * 10 >= count else 0)
    median = statistics.median(rates)
    print(
        f"{kind:8} {median:9,.0f} events/s   memory {early // 1024:5} MB after a tenth, {_kilobytes() // 1024} MB at the end"
    )
    return {
        "eventsPerSecond": {"min": min(rates), "median": median, "max": max(rates)},
        "kilobytes": {"afterATenth": early, "atTheEnd": _kilobytes()},
    }


def _kilobytes() -> int:
    """Resident now, from the kernel; the peak where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    """Measure, print, and write build/bench/plans.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=100_000)
    count = parser.parse_args().plans
    rows = {kind: measure(kind, work, count) for kind, work in (("judge", _judge), ("decider", _decide))}
    figures = {
        "rows": rows,
        "plans": count,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
    }
    target = Path("build/bench/plans.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(f"figures: {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
