"""Work out which promises the facts of an outage make, and how each stands: the referee of the restorer's verdicts.

Written from the standard and without the product's rules, as tests/chaos/truth.py is: figures stand here a second time, days are
counted by the `holidays` package alone. What is asked is how things stand in the end; in which order facts came is no matter.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import holidays
from msgspec.structs import replace as replaced

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.chaos.merges import as_one, merges
from tests.sim.judging.promises.called import CALLED, calling
from tests.sim.judging.promises.figures import Figures, Under, by_standard
from tests.sim.judging.promises.spoken import SAID, SPOKEN, promised

Standing = Literal["open", "kept", "broken", "voided"]
ZONE: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = timedelta(days=1)
SAME_FAULT: Final = timedelta(hours=24)
"""Power that goes off again within this shows that the fault was not done."""
FAULT, CREW = "cn.fault.done-24h", "cn.fault.crew-45min"
UNREPORTED: Final = "cn.fault.crew-45min-unreported"
METER: Final = "cn.meter.two-working-days-mended"
LATER: Final = frozenset({UNREPORTED, METER, CALLED, *SPOKEN})
"""Rules that the oldest release that is kept did not have: what was past when it was replaced, nobody has promised."""
UNSURE: Final = frozenset({"fault", "emergency"})
"""Of what begins by itself nobody is sure when it ends: what is said of it is a promise. Work has its noticed end."""
CREW_KNOWN: Final = timedelta(minutes=45)
THERE: Final = frozenset({"arrived", "fieldComplete"})
UNDERSTOOD: Final = (
    dispatch.PlanBody, dispatch.PlannedCancelled, dispatch.OutageStarted, dispatch.OutageReopened, dispatch.SupplyRestored,
    dispatch.CauseCleared, dispatch.CrewStatus, dispatch.ErtChanged, dispatch.FaultReported, dispatch.OutageWithdrawn,
    dispatch.OutageCorrected, dispatch.SupplyPerhapsRestored, dispatch.OutageListedAgain, dispatch.OutageReclassified,
    dispatch.OutageMerged, dispatch.MeterFault, dispatch.MeterMended, dispatch.FollowupDone, dispatch.FollowupUnreached,
)  # fmt: skip
"""Facts that this referee can weigh; of an outage with any other it says nothing."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One promise by the facts. `done`: when the thing promised happened; `void`: why it binds nobody, empty where it does."""

    mrid: str
    rule: str
    due: datetime
    done: datetime | None = None
    void: bool = False

    def standing(self, now: datetime) -> Standing:
        """How it stands at `now`, when all facts are known."""
        if self.void:
            return "voided"
        if self.done is not None:
            return "kept" if self.done <= self.due else "broken"
        return "broken" if self.due <= now else "open"


@dataclass(slots=True)
class _Cut:
    """One time without power. `off`: None for the first one."""

    off: datetime | None
    back: datetime | None = None
    reported: datetime | None = None
    known: datetime | None = None
    """Since when dispatch knew of it, whoever reported it."""
    cleared: datetime | None = None
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """`since`, `done`: fields of a cut; `ends`: when what began then is due; `binds`: whether it holds for such a fault."""

    name: str
    since: str
    done: str
    ends: Callable[[datetime, Figures], datetime]
    binds: Callable[[str, dispatch.FaultReported | None, str], bool] = lambda *_: True
    excused_by_customer: bool = True
    excused_by_damage: bool = False


def working_days(since: datetime, days: int, closures: Collection[date] = ()) -> datetime:
    """The same clock time on the so manieth working day after that of `since`, in Shanghai."""
    local = since.astimezone(ZONE)
    while days:
        local += DAY
        days -= local.date() not in closures and _calendar().is_working_day(local.date())
    return local


@cache
def _calendar() -> Any:
    return holidays.country_holidays("CN")


def _fault(*territories: str) -> Callable[[str, dispatch.FaultReported | None, str], bool]:
    return lambda kind, first, where: kind == "fault" and first is not None and where in territories


RULES: Final = (
    _Rule("cn.restore.24h-2024", "cleared", "back", lambda since, _: since + DAY),
    _Rule("cn.restore.one-working-day", "cleared", "back", lambda since, today: working_days(since, 1, today.closures)),
    _Rule(
        FAULT, "reported", "back", lambda since, today: since + timedelta(hours=today.fault_hours),
        _fault("rural", "remote"), excused_by_damage=True,
    ),
    _Rule(
        CREW, "reported", "arrived", lambda since, today: since + timedelta(minutes=today.crew_minutes),
        _fault("urban"),
    ),
    _Rule(
        UNREPORTED, "known", "arrived", lambda since, _: since + CREW_KNOWN,
        lambda kind, _, where: (kind, where) == ("fault", "urban"),
    ),
    _Rule(
        "cn.meter.two-working-days", "reported", "back", lambda since, today: working_days(since, 2, today.closures),
        lambda _, first, __: first is not None and first.meter_fault, excused_by_customer=False,
    ),
)  # fmt: skip


def owed(facts: Iterable[dispatch.Fact], under: Under = by_standard) -> tuple[list[Owed], set[str]]:
    """What is promised of all outages, and the mRIDs of those that this referee does not understand."""
    found: list[Owed] = []
    beyond: set[str] = set()
    facts = list(facts)
    merged, rings = merges(facts)
    for mrid, own in groupby(sorted(as_one(facts), key=lambda fact: fact.mrid), key=lambda fact: fact.mrid):
        raw = list(own)
        mine = as_corrected(raw)
        gone = withdrawn(mine)
        if mrid in {merge.mrid for merge in merged}:
            continue  # what was promised of it is asked of the one that goes on
        if mrid in rings or not all(isinstance(fact, UNDERSTOOD) for fact in mine) or gone == "and off again":
            beyond.add(mrid)
        elif not gone:
            found += _of_meter(mrid, mine, under)
            words = [] if mrid in {merge.into for merge in merged} else raw
            found += _owed(mrid, mine, words, under)
    return found, beyond


def as_corrected(facts: Sequence[Any]) -> list[Any]:
    """The facts of one outage with its first start where dispatch has put it last."""
    said = [fact for fact in _of(facts, dispatch.OutageCorrected) if fact.started_at is not None]
    starts = [fact for fact in _of(facts, dispatch.OutageStarted) if fact.confirmed]
    if not said or not starts:
        return [*facts]
    last, first = max(said, key=lambda fact: fact.corrected_at), min(fact.started_at for fact in starts)
    if first > last.corrected_at:
        return [*facts]
    return [
        replaced(fact, started_at=last.started_at)
        if fact in starts and fact.started_at <= max(first, last.started_at)
        else fact
        for fact in facts
    ]


def reclassified(facts: Sequence[Any]) -> dispatch.OutageReclassified | None:
    """The last word on what the outage is."""
    return max(_of(facts, dispatch.OutageReclassified), key=lambda fact: fact.reclassified_at, default=None)


def withdrawn(facts: Sequence[Any]) -> str:
    """Whether there was no such outage, and nothing was promised of it: `withdrawn`, `and off again` since; else empty."""
    gone = max((fact.withdrawn_at for fact in _of(facts, dispatch.OutageWithdrawn)), default=None)
    if gone is None:
        return ""
    off = [fact.started_at for fact in _of(facts, dispatch.OutageStarted)]
    off += [fact.reopened_at for fact in _of(facts, dispatch.OutageReopened)]
    return "and off again" if any(at >= gone for at in off) else "withdrawn"


def still_off(facts: Iterable[dispatch.Fact]) -> list[str]:
    """MRIDs of the outages that are not over, by these facts."""
    found = []
    for mrid, own in groupby(sorted(as_one(facts), key=lambda fact: fact.mrid), key=lambda fact: fact.mrid):
        mine = as_corrected(list(own))
        starts = sorted(_of(mine, dispatch.OutageStarted), key=lambda fact: fact.started_at)
        if starts and withdrawn(mine) != "withdrawn" and _cuts(mine, starts, [])[-1].back is None:
            found.append(mrid)
    return found


def _owed(mrid: str, facts: Sequence[Any], words: Sequence[Any], under: Under) -> Iterable[Owed]:
    reports = sorted(_of(facts, dispatch.FaultReported), key=lambda fact: fact.reported_at)
    starts = sorted(_of(facts, dispatch.OutageStarted), key=lambda fact: (not fact.confirmed, fact.started_at))
    if not starts and not reports:
        return
    kind, word = starts[0].outage_class if starts else "fault", reclassified(facts)
    is_fault = word is not None and word.outage_class == "fault"
    if is_fault and kind != "fault":
        # The utility had cut the power itself: it knew of it from the start, whoever called.
        own = dispatch.FaultReported(mrid=mrid, reported_at=starts[0].started_at)
        reports = sorted([*reports, own], key=lambda fact: fact.reported_at)
    where = next((report.territory for report in reports if report.territory is not None), "urban")
    if word is not None:
        kind, where = word.outage_class, word.territory if is_fault and word.territory is not None else where
    first = replaced(reports[0], territory=where) if reports else None
    sides = {report.fault_side for report in reports}
    customers = "customer" in sides and "utility" not in sides
    looked = [fact for fact in _of(facts, dispatch.OutageCorrected) if fact.fault_side is not None]
    if looked:
        customers = max(looked, key=lambda fact: fact.corrected_at).fault_side == "customer"
    damage = any(not report.ordinary and report.extraordinary_reason for report in reports)
    cuts = _cuts(facts, starts, reports)
    for rule in RULES:
        if rule.binds(kind, first, where):
            excused = (customers and rule.excused_by_customer) or (damage and rule.excused_by_damage)
            yield from _over(mrid, rule, cuts, under, excused=excused)
    for word in promised(words, cuts):
        if word.rule != SAID or kind in UNSURE:
            yield Owed(mrid, word.rule, word.due, word.done, word.void)
    for one in calling(facts, cuts):
        yield Owed(mrid, CALLED, one.due, one.done, one.void)


def _of_meter(mrid: str, facts: Sequence[Any], under: Under) -> Iterable[Owed]:
    """A meter is put right within two working days, from fault to fault."""
    words = [(fact.found_at, "found") for fact in _of(facts, dispatch.MeterFault)]
    words += [(fact.mended_at, "mended") for fact in _of(facts, dispatch.MeterMended)]
    since: datetime | None = None
    for at, what in sorted([*words, *([(datetime.max.replace(tzinfo=ZONE), "end")] if words else [])]):
        if what == "found":
            since = since or at
        elif since is not None:
            due = working_days(since, 2, under(mrid, METER, since).closures)
            yield Owed(mrid, METER, due, at if what == "mended" else None)
            since = None


def _over(mrid: str, rule: _Rule, cuts: Sequence[_Cut], under: Under, *, excused: bool) -> Iterable[Owed]:
    carried: datetime | None = None
    for cut, following in zip(cuts, [*cuts[1:], None], strict=True):
        since = carried or getattr(cut, rule.since)
        carried = None
        if since is None:
            continue
        due = rule.ends(since, under(mrid, rule.name, since))
        one = Owed(mrid, rule.name, due, getattr(cut, rule.done), excused)
        if rule.since == "known" and cut.reported is not None and cut.reported <= min(due, one.done or due):
            one = replace(one, void=True)  # It was reported in time, and the report has a clock of its own.
        in_time = cut.back is not None and cut.back <= one.due
        if rule.done == "arrived" and in_time and one.standing(one.due) != "kept":
            one = replace(one, void=True)  # Nobody had to come any more.
        soon = following is not None and following.off is not None and cut.back is not None
        if rule.done == "back" and in_time and soon and not excused and following.off - cut.back <= SAME_FAULT:  # type: ignore[union-attr, operator]
            one = replace(one, void=True)  # What was said to be done was not.
            carried = since if rule.since == "reported" else None
        yield one


def _cuts(facts: Sequence[Any], starts: Sequence[Any], reports: Sequence[Any]) -> Sequence[_Cut]:
    """The times without power, with what belongs to each."""
    began = starts[0].started_at if starts else reports[0].reported_at
    words = [(again.reopened_at, "off", None) for again in _of(facts, dispatch.OutageReopened)]
    words += [(start.started_at, "off", None) for start in starts if start.confirmed and start.started_at > began]
    words += [(end.restored_at, "back", end) for end in _of(facts, dispatch.SupplyRestored) if end.restored_at >= began]
    places = _places(starts[0].extent if starts else Extent())
    cuts, dark = [_Cut(None)], set(places)
    for at, what, end in sorted(words, key=lambda word: (word[0], word[1] == "off")):
        if what == "off":
            if cuts[-1].back is not None:
                cuts.append(_Cut(at))
            dark = set(places)
        elif cuts[-1].back is None and end is not None and not end.test_energisation:
            dark -= _places(end.extent) if end.scope == "part" else dark
            if not dark:
                cuts[-1].back = at
    for index, cut in enumerate(cuts):
        before = cuts[index - 1].back if index else None
        until = cuts[index + 1].off if index + 1 < len(cuts) else None
        own = [r.reported_at for r in reports if before is None or r.reported_at > before][:1]
        own = [at for at in own if cut.back is None or at <= cut.back]
        cut.reported = min([*own, *([cut.off] if cut.off and reports else [])], default=None)
        cleared = [fact.cleared_at for fact in _of(facts, dispatch.CauseCleared)]
        cut.cleared = _first(cleared, cut.off, until)
        cut.known = cut.off or (starts[0].started_at if index == 0 and starts and starts[0].confirmed else None)
        came = [fact.at for fact in _of(facts, dispatch.CrewStatus) if fact.crew_status in THERE]
        cut.arrived = _first(came, cut.reported or cut.off if cut.off else None, until)
    return cuts


def _first(instants: Iterable[datetime], since: datetime | None, until: datetime | None) -> datetime | None:
    return min((at for at in instants if (not since or at >= since) and (not until or at < until)), default=None)


def _of(facts: Iterable[Any], kind: type) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _places(extent: Extent) -> set[str]:
    return {*extent.lines, *extent.areas, *extent.transformers, *extent.usage_points}
