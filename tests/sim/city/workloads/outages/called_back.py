"""Who reported a fault is called back: a system or people tell of it, late, twice, in vain; and repairs that do not hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

from schemas.contracts import dispatch
from services.kernel.operating import OperatorRefused
from services.policy.duty import FOLLOWUP_TIMES
from services.restorer.calling import RECORD_CALL, CalledBackReport
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.asking import ask
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

OFTEN: Final = 0.4
KIND: Final = "CB"
FATES: Final = ("over", "over", "reopened", "reopened", "withdrawn")
OUTCOMES: Final = ("satisfied", "neutral", "dissatisfied", "unreached", "unreached")
ROUND: Final = 15_000.0
"""After so long, four hours and more, whoever was not reached is called again."""
ROUNDS: Final = 3
WITHIN: Final = "/outage/restorer/within"
REFUSALS: Final = frozenset(
    {
        "not-over",
        "called-already",
        "report-not-known",
        "called-before-power-was-back",
        "called-in-the-future",
        "outage-withdrawn",
    }
)
"""Why a person's word may not be taken: what it is about is not known yet, or no longer so."""
_WORDS: Final = """
select stream_id, type, data::text as data, cause from event
where stream_id like $1 and type in (
  'restoration.confirmed.v1', 'followup.due.v1', 'followup.ended.v1', 'followup.done.v1', 'followup.unreached.v1'
) order by stream_id, version
"""
_ROWS: Final = "select mrid, report_id, due_from, outcome, tries from followup where mrid like $1"


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody called a reporter, and puts on record how it went."""

    at: float
    about: str
    report_id: str
    outcome: Any

    async def do(self, stage: Stage) -> None:
        """See Act."""
        detail = CalledBackReport(mrid=self.about, report_id=self.report_id, outcome=self.outcome, opinion=None)
        answer = await ask(stage, "restorer", RECORD_CALL, detail, "rang them up")
        if isinstance(answer, OperatorRefused) and answer.reason not in REFUSALS:
            stage.wrong.append(f"a call back of {self.report_id} is not taken: {answer.reason}, {answer.explanation}")

    def __str__(self) -> str:
        """For a person."""
        return f"operators put on record that {self.report_id} was called: {self.outcome}"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages with one to three reports each; after the first minute people call in rounds, hours apart."""
    teller, noted = Teller(random), list[Noted]()
    for _ in range(min(2, random.randint(*town.size.times))):
        mrid, begins, fate = teller.mrid(KIND), random.uniform(0, 5), random.choice(FATES)
        where = town.whole(random.choice(town.lines))
        teller.off(mrid, begins, where)
        reports = [f"{mrid}-R{number}" for number in range(random.randint(1, 3))]
        for number, report_id in enumerate(reports):
            called = begins + 0.1 * (number + 1)
            teller.say(
                called, dispatch.FaultReported(mrid=mrid, reported_at=at(called), report_id=report_id, extent=where)
            )
        ends = begins + random.uniform(3, 8)
        teller.back(mrid, ends)
        last = ends
        if fate == "reopened":
            again = ends + random.uniform(4, 12)
            teller.say(again, dispatch.OutageReopened(mrid=mrid, reopened_at=at(again)))
            last = again + random.uniform(4, 12)
            teller.back(mrid, last)
            _calls(teller, noted, mrid, reports, ends + 0.5, again + 3)
        elif fate == "withdrawn":
            gone = ends + random.uniform(10, 40)
            teller.say(gone, dispatch.OutageWithdrawn(mrid=mrid, withdrawn_at=at(gone), reason="feed error"))
            _calls(teller, noted, mrid, reports, ends + 0.5, gone - 0.5)
            continue
        for number in range(random.randint(1, ROUNDS)):
            since = last + 1 + number * ROUND
            _calls(teller, noted, mrid, reports, since, since + 30)
    return [*teller.told, *noted]


def _calls(teller: Teller, noted: list[Noted], mrid: str, reports: Sequence[str], since: float, until: float) -> None:
    """Some reporters are called in this time; of some calls both the call centre and people tell."""
    random = teller.random
    for report_id in reports:
        if random.random() < 1 / 4:
            continue
        called, outcome = random.uniform(since, until), random.choice(OUTCOMES)
        if random.random() < 1 / 3:
            noted.append(Noted(called, mrid, report_id, outcome))
            if random.random() < 1 / 2:
                continue
        said: dict[str, Any] = {"mrid": mrid, "by": "Li", "report_id": report_id}
        if outcome == "unreached":
            teller.say(called, dispatch.FollowupUnreached(tried_at=at(called), **said))
        else:
            said["outcome"] = outcome
            teller.say(called, dispatch.FollowupDone(done_at=at(called), **said))


class CallKnown(NamedTuple):
    """A call as somebody told it."""

    report_id: str
    at: datetime
    outcome: str


class Stands(NamedTuple):
    """How a report is to stand in the end: since when due, what came of it, how often in vain."""

    due_from: datetime
    outcome: str | None
    tries: int


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Each report stands as the facts say; nobody was asked to call before power was back, or twice for nothing."""
    del plan
    if stage.lost is not None:
        return []  # What people put on record goes back with the database.
    log = stage.city.logs["restorer"]
    words = [(row["stream_id"].partition("/")[2], row) for row in await log.fetch(_WORDS, f"outage/{KIND}-%")]
    rows = {(row["mrid"], row["report_id"]): row for row in await log.fetch(_ROWS, f"{KIND}-%")}
    facts: defaultdict[str, list[Any]] = defaultdict(list)
    for one in stage.known:
        if isinstance(one.fact, dispatch.Fact) and one.fact.mrid.startswith(f"{KIND}-"):
            facts[one.fact.mrid].append(one.fact)
    found = list[str]()
    for mrid, told in sorted(facts.items()):
        said = [(row["type"], msgspec.json.decode(row["data"])) for name, row in words if name == mrid]
        own = [
            msgspec.json.decode(row["data"])
            for name, row in words
            if name == mrid and row["cause"].startswith(WITHIN) and row["type"].startswith("followup.")
        ]
        calls = [*_told(told), *(_noted(one) for one in own if "by" in one)]
        wanted = expected(told, calls)
        stand = {
            report_id: Stands(row["due_from"], row["outcome"], row["tries"])
            for (name, report_id), row in rows.items()
            if name == mrid and row["outcome"] != "void"
        }
        found += [*wrong_rows(mrid, wanted, stand), *wrong_words(mrid, wanted, said)]
    return found


def _told(facts: Iterable[Any]) -> Iterator[CallKnown]:
    for fact in facts:
        if isinstance(fact, dispatch.FollowupDone):
            yield CallKnown(fact.report_id or "", fact.done_at, fact.outcome)
        elif isinstance(fact, dispatch.FollowupUnreached):
            yield CallKnown(fact.report_id or "", fact.tried_at, "unreached")


def _noted(data: Mapping[str, Any]) -> CallKnown:
    when = datetime.fromisoformat(data.get("doneAt") or data["triedAt"])
    return CallKnown(data["reportId"], when, data.get("outcome", "unreached"))


def times_of_power(facts: Iterable[Any]) -> list[tuple[datetime, datetime | None]]:
    """From when until when power was on after the outage, told from the facts in the order in which they happened."""
    turns = list[tuple[datetime, bool]]()
    for fact in facts:
        if isinstance(fact, dispatch.OutageWithdrawn):
            return []
        if isinstance(fact, dispatch.SupplyRestored):
            turns.append((fact.restored_at, True))
        elif isinstance(fact, dispatch.OutageReopened):
            turns.append((fact.reopened_at, False))
    found = list[tuple[datetime, datetime | None]]()
    for when, on in sorted(turns):
        is_on = bool(found) and found[-1][1] is None
        if on and not is_on:
            found.append((when, None))
        elif not on and is_on:
            found[-1] = (found[-1][0], when)
    return found


def expected(facts: Sequence[Any], calls: Sequence[CallKnown]) -> dict[str, Stands]:
    """How each report is to stand by the facts alone; void ones are left out."""
    times = times_of_power(facts)
    found = dict[str, Stands]()
    for fact in facts:
        if not isinstance(fact, dispatch.FaultReported) or fact.report_id is None:
            continue
        own = sorted((one.at, one.outcome) for one in calls if one.report_id == fact.report_id)
        stands: Stands | None = None
        for since, until in times:
            within = [(when, what) for when, what in own if since <= when and (until is None or when < until)]
            heard = [what for _, what in within if what != "unreached"]
            vain = _vain(when for when, what in within if what == "unreached")
            if heard:
                stands = Stands(since, heard[-1], vain)
            elif until is None and (stands is None or stands.outcome is None):
                stands = Stands(since, "unreached" if vain >= FOLLOWUP_TIMES.tries else None, vain)
        if stands is not None:
            found[fact.report_id] = stands
    return found


def _vain(calls: Iterable[datetime]) -> int:
    count, last = 0, None
    for when in calls:
        if last is None or when - last > FOLLOWUP_TIMES.same_call:
            count, last = count + 1, when
    return count


def wrong_rows(mrid: str, wanted: Mapping[str, Stands], stand: Mapping[str, Stands]) -> Iterator[str]:
    """Reports that stand otherwise in the table than by the facts."""
    for report_id in sorted(wanted.keys() | stand.keys()):
        if wanted.get(report_id) != stand.get(report_id):
            yield f"{report_id} of {mrid} stands as {stand.get(report_id)}, by the facts {wanted.get(report_id)}"


def wrong_words(
    mrid: str, wanted: Mapping[str, Stands], said: Sequence[tuple[str, Mapping[str, Any]]]
) -> Iterator[str]:
    """Who was asked to call before power was back, twice for nothing, or is left with another word than what is so."""
    confirmed, open_ = False, dict[str, int]()
    last = dict[str, str | int]()
    for kind, data in said:
        report_id: str = data.get("reportId", "")
        if kind == "restoration.confirmed.v1":
            confirmed = True
        elif kind == "followup.due.v1":
            tries = data.get("tries", 0)
            if not confirmed:
                yield f"{report_id} of {mrid} is to be called, and power was not back"
            if report_id in open_ and tries <= open_[report_id]:
                yield f"{report_id} of {mrid} is asked for twice: tried {tries} times"
            open_[report_id] = last[report_id] = tries
        elif kind == "followup.ended.v1":
            for name in [report_id] if report_id else [*open_]:
                open_.pop(name, None)
                last[name] = data["outcome"]
    for report_id in sorted(last.keys() | wanted.keys()):
        stands = wanted.get(report_id)
        what: str | int = "void" if stands is None else stands.tries if stands.outcome is None else stands.outcome
        if last.get(report_id) != what and not (stands is None and report_id not in open_):
            yield f"of {report_id} of {mrid} was said last {last.get(report_id)!r}, and it is {what!r}"
