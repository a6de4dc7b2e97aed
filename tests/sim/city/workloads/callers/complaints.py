"""Complaints and reports of misconduct, told by either version or both, answered in time, late, before they came, or never."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final, cast

from outagectl.words.sentences import sentence
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from tests.chaos.truth import KnownFact
from tests.chaos.workload import Door
from tests.sim.city.plan.acts import SOURCE, TIMES
from tests.sim.city.plan.teller import at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import ZERO, Stage
from tests.sim.judging.promises.complaints import FactOfComplaint

OFTEN = 0.4
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
TWICE: Final = 0.2
FATES: Final = ("answered", "answered", "late", "never", "before", "withdrawn")


@dataclass(frozen=True, slots=True)
class ComplaintTold:
    """The complaint system states a fact, which is of `happens`, under an id; a fact told twice is two acts with one id."""

    at: float
    happens: float
    id: str
    fact: FactOfComplaint
    door: Door = "kafka"

    @property
    def about(self) -> str:
        """The complaint."""
        return self.fact.complaint_id

    async def do(self, stage: Stage) -> None:
        """See Act."""
        time, type_, name = ZERO + timedelta(seconds=self.happens), TYPE_OF[type(self.fact)], (SOURCE, self.id)
        event = CloudEvent(source=SOURCE, id=self.id, type=type_, time=time, data=self.fact)
        sent = stage.first_sent.setdefault(name, stage.city.clock.now())
        if self.door == "http":
            await stage.post(event)
        else:
            await stage.hand_over(to_kafka(event, dispatch.TOPIC))
        if name not in stage.taken:
            stage.taken.add(name)
            stage.complaints.append(KnownFact(stage.city.clock.now(), cast("Any", self.fact), sent))

    def __str__(self) -> str:
        """For a person."""
        said = sentence(TYPE_OF[type(self.fact)], self.fact, TIMES)
        return f"of {self.about}: {said}" + (", by HTTP" if self.door == "http" else "")


def draw(random: Random, town: Town) -> Sequence[ComplaintTold]:
    """Some of the last week; what happened before the story is told in its first seconds, what happens later when it does."""
    acts: list[ComplaintTold] = []
    for number in range(1, 2 + random.randint(*town.size.times)):
        name = f"complaint-{number}"
        for count, (happens, fact) in enumerate(_facts(random, name, f"KC-{number}"), 1):
            told = max(happens, 0.0) + random.uniform(0, 8)
            door: Door = "http" if random.random() < 0.3 else "kafka"
            acts.append(ComplaintTold(told, happens, f"{name}/{count}", fact, door))
            if random.random() < TWICE:
                acts.append(ComplaintTold(told + random.choice((0.0, 5.0)), happens, f"{name}/{count}", fact))
    return acts


def _facts(random: Random, name: str, mrid: str) -> Iterator[tuple[float, FactOfComplaint]]:
    """What is told of one complaint, each fact with its instant."""
    came = -random.uniform(0.1, 6.5) * DAY
    kind = random.choice(("complaint", "complaint", "report"))
    yield came, _received(random, name, mrid, came, kind)
    if random.random() < 0.4:
        # Told again: by the other version, at another instant, as the other kind, or all of it.
        again = came + random.choice((0.0, -5 * HOUR, 9 * HOUR))
        yield again, _received(random, name, mrid, again, random.choice((kind, "report")))
    fate = random.choice(FATES)
    if fate in ("answered", "late"):
        length = random.uniform(0.2, 4) if fate == "answered" else random.uniform(5.5, 12)
        yield came + length * DAY, _answered(random, name, mrid, came + length * DAY)
    if fate == "before":
        early = came - random.uniform(6, 30) * HOUR
        yield early, _answered(random, name, mrid, early)
    if fate == "withdrawn":
        gone = max(came + random.uniform(0, random.choice((3, 9))) * DAY, came + HOUR)
        yield gone, dispatch.ComplaintWithdrawn(complaint_id=name, withdrawn_at=at(gone), reason="重复登记")


def _received(random: Random, name: str, mrid: str, happens: float, kind: str) -> FactOfComplaint:
    if random.random() < 1 / 2:
        return dispatch.ComplaintReceivedV1(mrid=mrid, complaint_id=name, received_at=at(happens), kind=kind)  # type: ignore[arg-type]
    outage = random.choice((None, mrid))
    return dispatch.ComplaintReceived(complaint_id=name, outage=outage, received_at=at(happens), kind=kind)  # type: ignore[arg-type]


def _answered(random: Random, name: str, mrid: str, happens: float) -> FactOfComplaint:
    if random.random() < 1 / 2:
        return dispatch.ComplaintAnsweredV1(mrid=mrid, complaint_id=name, answered_at=at(happens), answered_by="王")
    return dispatch.ComplaintAnswered(complaint_id=name, answered_at=at(happens), answered_by="王")
