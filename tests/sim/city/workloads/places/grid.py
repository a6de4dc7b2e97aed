"""The network model comes in, changes and is switched, edition after edition, while everything else happens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from devstack.player import INPUTS
from devstack.system import PARTITIONS
from operations.network.on_topic import HeardNetwork
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import network
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Wire
from schemas.contracts.network import (
    Feed,
    ModelRef,
    NetworkElement,
    NetworkElementRemoved,
    NetworkModelImported,
    NetworkSwitched,
    SwitchState,
)
from services.places.topology import NetworkModel
from tests.kits.network.models import by, element, whole
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.asking import tables_of
from tests.sim.city.plan.lines import hanging, sharing
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.town import LINES, Town
from tests.sim.city.stage import ZERO, Stage

OFTEN = 0.4
MODEL: Final = "grid"
PARTS: Final = 12


@dataclass(frozen=True, slots=True)
class Said:
    """One word on outage.network."""

    at: float
    word: Wire

    @property
    def about(self) -> str:
        """The network, whatever the word is about."""
        return MODEL

    async def do(self, stage: Stage) -> None:
        """See Act."""
        name = f"{TYPE_OF[type(self.word)]}/{self.at:.3f}"
        event = CloudEvent(source="/network/sim", id=name, type=TYPE_OF[type(self.word)], time=ZERO, data=self.word)
        await stage.hand_over(to_kafka(event, network.TOPIC))

    def __str__(self) -> str:
        """For a person."""
        return f"the network says {TYPE_OF[type(self.word)]}"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Two editions or three, in disorder and partly after the next one's words; switches thrown meanwhile; a line goes off."""
    told: list[Said] = []
    before: dict[str, NetworkElement] = {}
    begins = random.uniform(0, 2)
    for number in range(random.randint(2, 3)):
        edition = ModelRef(model_id=MODEL, date=ZERO + timedelta(days=number))
        now = {one.element_id: one for one in _elements(random, edition)}
        words: list[Wire] = [one for name, one in now.items() if not _same(one, before.get(name))]
        words += [NetworkElementRemoved(element_id=name, model=edition) for name in before if name not in now]
        ends = begins + random.uniform(1, 4)
        told += [Said(random.uniform(begins, ends), word) for word in words]
        told.append(Said(ends + 0.5, whole(now.values(), edition)))
        before, begins = now, ends + random.uniform(0.6, 2)
    for n in range(random.randint(4, 12)):
        state: SwitchState = random.choice(["open", "closed"])
        word = NetworkSwitched(
            switch=f"G-{random.randrange(4)}", state=state, at=ZERO - timedelta(minutes=10) + timedelta(seconds=n)
        )
        told.append(Said(random.uniform(0, begins + 2), word))
    shared = sharing.outages(Random(f"{town.seed}/sharing"), begins)
    return [*told, *hanging.outages(random, begins), *shared]


def _same(one: NetworkElement, before: NetworkElement | None) -> bool:
    return before is not None and replace(one, model=before.model) == before


def _elements(random: Random, edition: ModelRef) -> Iterator[NetworkElement]:
    """The lines of the city, on which nothing hangs that a plan could cut; beside them a ring with ties."""
    made = [element("G-SS", "substation"), *(element(f"G-{name}", "line", "G-SS", name=name) for name in LINES)]
    made += [*hanging.line(), *sharing.line()]
    ids = ["G-SS"]
    for n in range(random.randint(PARTS // 2, PARTS)):
        feeds: list[str | Feed] = [random.choice(ids)]
        if random.random() < 0.5:
            feeds.append(by(random.choice(ids), f"G-{n}", normally=random.choice(["open", "closed"])))
        kind: Any = random.choice(["section", "transformer", "usagePoint"])
        made.append(element(f"G-P{n}", kind, *feeds))
        ids.append(f"G-P{n}")
    yield from (replace(one, model=edition) for one in made)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Each service's copy says what the topic says, the last word on each key; and of outages on a line what the line says."""
    wrong = await hanging.judged(plan, stage) + await sharing.judged(stage)
    heard = HeardNetwork[NetworkElement](lambda one: one)
    reader, places = stage.city.reader, [(network.TOPIC, number) for number in range(PARTITIONS)]
    for place, end in (await reader.ends(places)).items():
        for record in await reader.read(place, 0, end) if end else ():
            heard.hear(record)
    model = NetworkModel(heard.elements(), heard.switches())
    services = [name for name, topics in INPUTS.items() if network.TOPIC in topics]
    return wrong + [f"{name}: {fault}" for name in services for fault in await _differs(stage, name, heard, model)]


async def _differs(stage: Stage, service: str, heard: HeardNetwork[NetworkElement], model: NetworkModel) -> list[str]:
    wrong: list[str] = []
    async with tables_of(stage, service) as tables:
        steps = {row["element_id"]: row["step"] for row in await tables.fetch("select * from network_step")}
        here = {
            row["element_id"]
            for row in await tables.fetch("select element_id from network_element where until is null")
        }
        cited = await tables.fetchval("select max(date) from network_edition where ready")
    if here != model.elements.keys():
        wrong.append(f"the copy and the topic differ in {sorted(here ^ model.elements.keys())}")
    # An older word that came late leaves a mixture on the topic, which is no edition.
    newest = heard.whole[MODEL]
    if (cited == newest.date) != (newest == replace(whole(model.elements.values()), **_names(newest))):
        wrong.append(f"the edition of {newest.date} is cited as that of {cited}")
    if cited is not None and steps != model.steps:
        wrong.append(f"distances differ: {steps} in the copy, {model.steps} by the topic")
    return wrong


def _names(edition: NetworkModelImported) -> dict[str, Any]:
    return {"model_id": edition.model_id, "date": edition.date, "imported_at": edition.imported_at}
