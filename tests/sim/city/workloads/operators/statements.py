"""A month goes by: it is judged, and an operator publishes how its promises were kept, while power is off elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final

from devstack.system import SERVICES
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.operating import OperatorDone
from services.restorer.domain.months.events import STRUCTS, AggregateJudged, MonthJudged
from services.restorer.publishing import PUBLISH, OneMonth
from tests.sim.city.plan.acts import Act, when
from tests.sim.city.plan.asking import WHO, ask
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import ZERO, Stage
from tests.sim.judging.figures.averages import TERRITORIES, misjudged
from tests.sim.judging.promises import cases
from tests.sim.judging.words import Told as Promised
from tests.sim.judging.words import promises, words

OFTEN = 0.2
MONTH: Final = "2026-03"
"""In which stories begin."""
OVER: Final = datetime(2026, 4, 1, tzinfo=UTC) - cases.CHINA
JUDGED: Final = OVER + timedelta(days=3)
"""So long late facts are waited for (policy)."""
WRONG_CLOCK: Final = 600.0
"""By so many seconds a machine's clock may be wrong."""
UNHEARD: Final = timedelta(minutes=2)
"""So long what is said of a promise may be on its way to the restorer."""
RATE: Final = "cn.fulfilment.rate"
READ: Final[Mapping[str, type]] = {**STRUCTS, "fulfilment.published.v1": FulfilmentPublished}
TOO_EARLY: Final = ("month-not-over", "month-still-waits")
COUNTS: Final = ("made", "kept", "broken", "voided", "corrected", "open", "counted", "waiting")
ZEROES: Final[Mapping[str, int]] = dict.fromkeys(COUNTS, 0)
HOUR: Final = 3600.0
IN_TIME: Final = ("published", "published-as-correction", "published-before", "published-in-a-lost-time")


@dataclass(frozen=True, slots=True)
class Published:
    """An operator publishes the month's statement; before its time that is refused."""

    at: float

    @property
    def about(self) -> str:
        """The statement."""
        return "statement"

    async def do(self, stage: Stage) -> None:
        """See Act."""
        answer = await ask(stage, "restorer", PUBLISH, OneMonth(month=MONTH, by=WHO), "the month is over")
        early = ZERO + timedelta(seconds=self.at) < JUDGED
        if answer.reason not in (TOO_EARLY if early else IN_TIME) or isinstance(answer, OperatorDone) == early:
            stage.wrong.append(f"the statement of {MONTH} was asked for at {when(self.at)}, and answered by {answer}")

    def __str__(self) -> str:
        """For a person."""
        return f"an operator publishes how promises were kept in {MONTH}"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages in March; a statement that is asked for too early; another in April, and the statement meanwhile, twice.

    Crews come to some; of one it is said only when the first statement is published, so the second corrects it.
    """
    teller = Teller(random)
    _outages(teller, town, 0.0, random.randint(*town.size.times))
    judged = (JUDGED - ZERO).total_seconds() + random.uniform(1.5, 5) * WRONG_CLOCK
    _outages(teller, town, judged, 1)
    first, again = judged + random.uniform(1, 9), judged + random.choice((15.0, 200.0))
    _crews(Random(f"{town.seed}/crews"), teller, first)
    return [*teller.told, Published(random.uniform(2, 9)), Published(first), Published(again)]


def _outages(teller: Teller, town: Town, begins: float, count: int) -> None:
    random = teller.random
    for _ in range(count):
        mrid, off = teller.mrid("FS"), begins + random.uniform(0, 8)
        teller.off(mrid, off, town.whole(random.choice(town.lines)))
        teller.steps(mrid, off, off + 5)
        teller.back(mrid, off + random.uniform(5, 10))


def _crews(random: Random, teller: Teller, published: float) -> None:
    """Faults of the last hours, where nobody lives that is told, reported and over; the last crew is heard of after `published`."""
    teller.random = random
    count = random.randint(2, 4)
    for number in range(count):
        mrid, off = teller.mrid("FC"), -random.uniform(6, 9) * HOUR
        teller.off(mrid, off, Extent(usage_points=(f"{mrid}-nobody",)), late=random.uniform(0, 5) - off)
        came = off + random.uniform(0.1, 0.4) * HOUR
        report = dispatch.FaultReported(
            mrid=mrid, reported_at=at(came), report_id=f"{mrid}/1", territory=random.choice(TERRITORIES)
        )
        teller.say(came, report, late=random.uniform(0, 5) - came)
        there = came + random.uniform(0.1, 3) * HOUR
        told = published + random.uniform(0.5, 4) if number + 1 == count else random.uniform(0, 8)
        if number != 1:
            teller.say(there, dispatch.CrewStatus(mrid=mrid, crew_status="arrived", at=at(there)), late=told - there)
        teller.back(mrid, -HOUR, late=random.uniform(0, 8) + HOUR)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Statements and verdicts that are not what the logs of all services say; a restored restorer has lost what it said."""
    asked = [act.at for act in plan.acts().values() if isinstance(act, Published)]
    if stage.lost is not None or not any(ZERO + timedelta(seconds=one) >= JUDGED for one in asked):
        return []
    log = stage.city.logs["restorer"]
    said = [one for name in SERVICES for one in await promises(stage.city.logs[name])]
    spoken = [word.said for word in await words(log, READ)]
    judged = [one for one in spoken if isinstance(one, AggregateJudged) and one.month == MONTH]
    facts = [one.fact for one in stage.known if isinstance(one.fact, dispatch.Fact)]
    last = None if stage.clocks else ZERO + timedelta(seconds=max(asked))
    wrong = [*misstated(spoken, said, last), *_unkept(said), *misjudged(judged, facts, MONTH)]
    stated = [one for one in spoken if isinstance(one, FulfilmentPublished) and one.month == MONTH]
    if last is not None and stated and all(one.since <= last - UNHEARD for one in stage.known):
        wrong += [f"{stated[-1].statement_id}: {line}" for line in misjudged(stated[-1].rows, facts, MONTH)]
    return wrong


def misstated(spoken: Sequence[Any], said: Sequence[Promised], asked: datetime | None = None) -> Iterator[str]:
    """What is wrong with what was said of the month, in its order, by the promises of all services.

    `asked`: when the statement was asked for last; what was told of promises by then stands in the last one.
    """
    due = [one for one in said if f"{one.made.said.due_at + cases.CHINA:%Y-%m}" == MONTH]
    mine = [one for one in spoken if getattr(one, "month", None) == MONTH]
    stated = [one for one in mine if isinstance(one, FulfilmentPublished)]
    if [one.number for one in stated] != [*range(1, len(stated) + 1)] or not stated:
        yield f"statements of {MONTH} are numbered {[one.number for one in stated]}"
    else:
        yield from _miscorrected(stated)
    if not any(isinstance(one, MonthJudged) for one in mine):
        yield f"{MONTH} was never judged"
    rates = [one for one in mine if isinstance(one, AggregateJudged) and one.rule.rule_id == RATE]
    if not rates or rates[-1].figure != _rate(due):
        yield f"{_rate(due)} % of promises were kept in {MONTH}, and it was judged as {[one.figure for one in rates]}"
    if asked is not None and stated and not _told_since(due, asked - UNHEARD):
        last = stated[-1]
        if (last.rate, _counts(last)) != (_rate(due), _counted(due)):
            yield f"the statement was asked for again, and {last.statement_id} stands: {last.rate} % of {_counts(last)}"
    for one in stated:
        if not _told_since(due, one.published_at - UNHEARD) and (one.rate, _counts(one)) != (_rate(due), _counted(due)):
            yield f"statement {one.statement_id} says {one.rate} % of {_counts(one)}; it was {_rate(due)} % of {_counted(due)}"


def _miscorrected(stated: Sequence[FulfilmentPublished]) -> Iterator[str]:
    """A later statement names the one that it corrects, and what of each rule's counts differs from it, no more and no less."""
    for before, now in pairwise([None, *stated]):
        was, mine = {} if before is None else _all_counts(before), _all_counts(now) if now is not None else {}
        differ = {
            (rule, name, float(was.get(rule, ZEROES)[name]), float(mine.get(rule, ZEROES)[name]))
            for rule in {*was, *mine}
            for name in COUNTS
            if before is not None and was.get(rule, ZEROES)[name] != mine.get(rule, ZEROES)[name]
        }
        if now is None:
            continue
        said = {
            (one.rule_id, one.figure, one.was or 0.0, one.now or 0.0) for one in now.changes if one.figure in COUNTS
        }
        corrects = None if before is None else before.statement_id
        if (now.corrects, said) != (corrects, differ):
            yield (
                f"statement {now.statement_id} corrects {now.corrects} by {sorted(said)}; "
                f"it differs from {corrects} by {sorted(differ)}"
            )


def _all_counts(one: FulfilmentPublished) -> Mapping[str, Mapping[str, int]]:
    return {row.rule.rule_id: {name: getattr(row, name) or 0 for name in COUNTS} for row in one.rows}


def _rate(due: Sequence[Promised]) -> float | None:
    """Kept, of kept and broken, in percent, rounded down to hundredths."""
    kept, broken = (sum(one.standing == which for one in due) for which in ("kept", "broken"))
    return kept * 10_000 // (kept + broken) / 100 if kept + broken else None


def _told_since(due: Sequence[Promised], at: datetime) -> bool:
    """Whether any of these promises was made, judged or corrected after that."""
    return any(word is not None and word.at > at for one in due for word in (one.made, one.first, one.corrected))


def _counts(one: FulfilmentPublished) -> Mapping[str, tuple[int, int, int]]:
    return {row.rule.rule_id: (row.made, row.kept, row.broken) for row in one.rows if row.made}


def _counted(due: Sequence[Promised]) -> Mapping[str, tuple[int, int, int]]:
    rules = sorted({one.made.said.rule.rule_id for one in due})
    of = {rule: [one.standing for one in due if one.made.said.rule.rule_id == rule] for rule in rules}
    return {rule: (len(each), each.count("kept"), each.count("broken")) for rule, each in of.items()}


def _unkept(said: Sequence[Promised]) -> Iterator[str]:
    """The promise to publish the month: made once it was judged, and kept by who published it in time."""
    found = [one for one in said if one.made.said.obligation == "publish-fulfilment"]
    of = [one.standing for one in found if one.made.said.measured_from == OVER]
    if of != ["kept"]:
        yield f"the promise to publish {MONTH} stands as {of}, and it was published in time"
