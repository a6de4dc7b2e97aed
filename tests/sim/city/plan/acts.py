"""What a story does from outside, each act as data that knows how to be done and how to be told to a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from msgspec.structs import replace

from operations.times import Times
from outagectl.words.sentences import sentence
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from tests.chaos.truth import KnownFact
from tests.chaos.workload import Door
from tests.sim.city.stage import ZERO, Stage

SOURCE: Final = "/dispatch/storm"
DAY_SECONDS: Final = 86_400


def when(seconds: float) -> str:
    """`8.5 s`, `02:00:08.5` or `12 d 02:00:08.5` after the story began; `8.5 s before the story`."""
    if seconds < 0:
        return f"{when(-seconds)} before the story"
    if seconds < 60:
        return f"{seconds:.1f} s"
    days, rest = divmod(seconds, DAY_SECONDS)
    minutes, rest = divmod(rest, 60)
    return f"{f'{days:.0f} d ' if days else ''}{minutes // 60:02.0f}:{minutes % 60:02.0f}:{rest:04.1f}"


class StoryTimes(Times):
    """Instants as they lie in the story."""

    def short(self, instant: datetime) -> str:
        """See `when`."""
        return when((instant - ZERO).total_seconds())


TIMES: Final = StoryTimes()


class Act(Protocol):
    """`at`: seconds after the story began; `about`: the outage or customer it belongs to, left out with it."""

    @property
    def at(self) -> float:
        """See the class."""
        ...

    @property
    def about(self) -> str:
        """See the class."""
        ...

    async def do(self, stage: Stage) -> None:
        """Do it; begun at its time, and not waited for before the next."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """Dispatch states a fact, which is of `happens`, under an id; a fact told twice is two acts with one id.

    `body`: the JSON that it sends, where that is not as we would write the fact. `believed`: whether it can be so; what
    cannot is taken, held, and asked about. `door`: by which it comes in; a body of its own by Kafka, for the gateway refuses
    fields that it does not know.
    """

    at: float
    happens: float
    id: str
    fact: dispatch.Fact
    body: bytes | None = None
    believed: bool = True
    door: Door = "kafka"

    @property
    def about(self) -> str:
        """Its outage."""
        return self.fact.mrid

    @property
    def until(self) -> float:
        """When planned work is to be over; of all else, when it is told."""
        if isinstance(self.fact, dispatch.PlanBody):
            return (self.fact.planned_period.end - ZERO).total_seconds()
        return self.at

    async def do(self, stage: Stage) -> None:
        """See Act."""
        time, type_ = ZERO + timedelta(seconds=self.happens), TYPE_OF[type(self.fact)]
        event = CloudEvent(source=SOURCE, id=self.id, type=type_, time=time, data=self.fact)
        name, now = (SOURCE, self.id), stage.city.clock.now
        sent = stage.first_sent.setdefault(name, now())
        message = to_kafka(event, dispatch.TOPIC)
        if self.body is not None:
            stage.meant[name] = self.fact
        if self.door == "http" and self.body is None:
            await stage.post(event)
        else:
            await stage.hand_over(message if self.body is None else message._replace(value=self.body))
        if name not in stage.taken:
            stage.taken.add(name)
            if not self.believed:
                return
            stage.facts[name] = self.fact
            stage.known.append(KnownFact(now(), self.fact, sent))

    def later(self, seconds: float) -> "Told":
        """The same, so much later in the story, in our own spelling."""
        fact: dispatch.Fact = moved(self.fact, timedelta(seconds=seconds))
        return Told(self.at + seconds, self.happens + seconds, self.id, fact, believed=self.believed)

    def __str__(self) -> str:
        """For a person."""
        said = sentence(TYPE_OF[type(self.fact)], self.fact, TIMES)
        said += "" if self.believed else " (which cannot be so)"
        if self.body is not None:
            return f"dispatch on {self.fact.mrid}: {said}, as {self.body.decode()}"
        return f"dispatch on {self.fact.mrid}: {said}" + (", by HTTP" if self.door == "http" else "")


def moved(fact: Any, by: timedelta) -> Any:
    """A contract with every instant in it so much later."""
    changes = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if hasattr(value, "tzinfo"):
            changes[name] = value + by
        elif hasattr(value, "__struct_fields__"):
            changes[name] = moved(value, by)
    return replace(fact, **changes)
