"""Count planned outages of a usage point against its yearly limit (供电营业规则 (1996) 第57条), and find when there is room.

Pure. Counts planned work only, over what happened and what is booked; a plan counts in the year in which it begins, by
the utility's clock. Whether a year is the calendar's or any twelve months is the policy's ([settings.budget]).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.contracts.dispatch import PlanBody
from services.places import normal
from services.planner.domain.traits import traits
from services.planner.domain.verdict.other_work import CountedOutage, PlacesByModel, points_cut
from services.policy import Policy, Rule

LIMIT = "planned-outages-per-year"
VOLTAGE = "nominal_voltage"
MICROSECOND = timedelta(microseconds=1)
YEARS_AHEAD = 3
"""How far ahead room is looked for."""
SHOWN_POINTS = 10
SHOWN_WORDS = 1900


@dataclass(frozen=True, slots=True)
class YearUsedUp:
    """A usage point whose year is used up, and by which outages."""

    usage_point: str
    by: tuple[CountedOutage, ...]


@dataclass(frozen=True, slots=True)
class BoundPoints:
    """A yearly limit and the usage points of a plan that it binds."""

    rule: Rule
    points: tuple[str, ...]


def limits(plan: PlanBody, policy: Policy, network: PlacesByModel | None) -> tuple[BoundPoints, ...]:
    """The yearly limits that bind `plan`, each with its usage points: the article speaks of the voltage of each customer.

    A point has the limit of the voltage at which the model says that it takes power. Of whom the model does not say it, and at
    a voltage of which the policy has no limit (behind a public transformer), that of the plan decides, as without a model.
    """
    whole = traits(plan)
    by_plan = policy.select(LIMIT, **whole)
    known = network.voltages if network is not None else {}
    at: dict[float | None, tuple[Rule, ...]] = {None: by_plan}
    bound: dict[str, list[str]] = {}
    for point in points_cut(plan, network):
        volts = known.get(normal(point))
        if volts not in at:
            at[volts] = policy.select(LIMIT, **{**whole, VOLTAGE: volts}) or by_plan
        for rule in at[volts]:
            bound.setdefault(rule.id, []).append(point)
    return tuple(BoundPoints(rule, tuple(bound[rule.id])) for rule in policy.rules.values() if rule.id in bound)


def not_checked(plan: PlanBody, policy: Policy, network: PlacesByModel | None) -> str | None:
    """Why the yearly limit could not be checked though the policy has one; None where it could, or need not be."""
    if not any(rule.obligation == LIMIT for rule in policy.rules.values()) or plan.outage_class != "planned":
        return None
    points, known = points_cut(plan, network), network.voltages if network is not None else {}
    if plan.extent.nominal_voltage is None and not (points and all(normal(point) in known for point in points)):
        return "budget-not-checked:nominal-voltage-missing"
    if policy.select(LIMIT, **traits(plan)) and not points:
        return "budget-not-checked:no-usage-points"
    return None


def spent(
    points: Iterable[str],
    used: Mapping[str, Sequence[CountedOutage]],
    start: datetime,
    rule: Rule,
    year: str,
    zone: ZoneInfo,
) -> list[YearUsedUp]:
    """Usage points at which one more planned outage that begins at `start` would be one too many under `rule`.

    `used` by usage point; `year` is calendar or rolling.
    """
    limit = int(rule.amount or 0)
    found = []
    for point in points:
        by = _same_year(used.get(point, ()), start, limit, year, zone)
        if len(by) >= limit:
            found.append(YearUsedUp(point, by))
    return found


def room(
    bound: Sequence[BoundPoints],
    used: Mapping[str, Sequence[CountedOutage]],
    earliest: datetime,
    kind: str,
    zone: ZoneInfo,
) -> datetime | None:
    """The first start from `earliest` on at which no limit's year is used up; None where there is none within sight.

    `kind` of the year: calendar or rolling.
    """
    year = earliest.astimezone(zone).year
    candidates = {earliest, *(datetime(year + n, 1, 1, tzinfo=zone) for n in range(1, YEARS_AHEAD + 1))}
    # A rolling year has room again once one of its outages lies a full year back.
    points = {point for one in bound for point in one.points}
    candidates |= {_year_after(each.start, zone) for point in points for each in used.get(point, ())}
    for start in sorted(candidate for candidate in candidates if candidate >= earliest):
        if not any(spent(one.points, used, start, one.rule, kind, zone) for one in bound):
            return start
    return None


def by_point(used: Iterable[CountedOutage]) -> dict[str, list[CountedOutage]]:
    """Grouped by usage point, oldest first."""
    grouped: dict[str, list[CountedOutage]] = {}
    for each in sorted(used, key=lambda each: (each.start, each.mrid)):
        grouped.setdefault(each.usage_point, []).append(each)
    return grouped


def said(found: Sequence[YearUsedUp], zone: ZoneInfo) -> str:
    """In words for a dispatcher: each usage point and the outages that used its year up."""
    parts: list[str] = []
    length = 0
    for each in found[:SHOWN_POINTS]:
        by = ", ".join(f"{used.mrid} of {used.start.astimezone(zone):%Y-%m-%d}" for used in each.by)
        part = f"{each.usage_point} used up by {by}" if by else f"{each.usage_point} may have none"
        length += len(part) + 2
        if length > SHOWN_WORDS:
            break
        parts.append(part)
    more = len(found) - len(parts)
    return "; ".join(parts) + (f"; and {more} more usage points" if more else "")


def _same_year(
    used: Sequence[CountedOutage], start: datetime, limit: int, year: str, zone: ZoneInfo
) -> tuple[CountedOutage, ...]:
    if len(used) < limit:
        return ()
    if year == "calendar":
        this = start.astimezone(zone).year
        return tuple(each for each in used if each.start.astimezone(zone).year == this)
    # Rolling: of all spans of a year that hold `start`, the fullest. Each begins with an outage or ends before `start`.
    fullest: tuple[CountedOutage, ...] = ()
    for begin in (*(each.start for each in used if each.start <= start), start):
        end = _year_after(begin, zone)
        if start < end:
            within = tuple(each for each in used if begin <= each.start < end)
            if len(within) > len(fullest):
                fullest = within
    return fullest if len(fullest) >= limit else ()


def _year_after(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    try:
        return local.replace(year=local.year + 1)
    except ValueError:  # 29 February
        return local.replace(year=local.year + 1, month=3, day=1)
