"""An import against a broker that takes all, or stops taking: nothing is told twice, and an edition is whole only once it is."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.table import Errors, RowError
from operations.errors import Away, Refused
from operations.network.importing import ImportWatch, NetworkChoices, import_network
from operations.network.lookup import network_on_topic
from operations.network.planning import NetworkPlan
from operations.system import broker as door
from operations.system.location import Where
from schemas.contracts.network import TOPIC, ModelRef, NetworkElement
from services.kernel.adapters.kafka import Produce
from services.kernel.clock import SystemClock
from tests.kits.kernel.paper import PaperBroker
from tests.kits.network.imports import FIRST, later, of
from tests.kits.network.models import element

HERE = Where(kafka="paper:0")
POINTS = [element("SS", "substation"), *(element(f"P{n}", "usagePoint", "SS") for n in range(2_500))]


@dataclass
class Taking:
    """A producer that takes `room` more records, and then no more."""

    broker: PaperBroker
    room: int = 10_000
    batches: list[int] = field(default_factory=list)

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        taken = [number < self.room for number in range(len(rows))]
        for row, durable in zip(rows, taken, strict=True):
            if durable:
                self.broker.put(row.topic, row.key[-1] % 2, row.key.decode(), dict(row.headers), row.value, row.at)
        self.room -= sum(taken)
        self.batches.append(sum(taken))
        return taken


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Taking:
    taking = Taking(PaperBroker())

    def opened(what: object) -> Any:
        @asynccontextmanager
        async def made(_: Where) -> AsyncIterator[object]:
            yield what

        return made

    monkeypatch.setattr(door, "reader", opened(taking.broker))
    monkeypatch.setattr(door, "producer", opened(taking))
    return taking


async def imports(
    elements: Sequence[NetworkElement], edition: ModelRef = FIRST, choices: NetworkChoices | None = None, **more: Any
) -> NetworkPlan:
    def read(errors: Errors) -> Iterator[NetworkElement]:
        for error in more.get("wrong", ()):
            errors.add(error)
        yield from of(edition, elements)

    watch = more.get("watch")
    return await import_network(HERE, SystemClock(), read, edition, choices or NetworkChoices(), Errors(), watch)


async def test_the_edition_is_called_whole_last_and_alone(kafka: Taking) -> None:
    plan = await imports(POINTS)
    assert (plan.sent, plan.whole, kafka.batches) == (2_501, True, [1_000, 1_000, 501, 1])
    again = await imports(POINTS)
    assert (again.unchanged, again.due, again.whole, len(kafka.batches)) == (2_501, 0, True, 4)


async def test_the_edition_says_who_brought_it_in(kafka: Taking) -> None:
    assert kafka.room
    await imports(POINTS[:3], choices=NetworkChoices(by="GIS班 李"))
    whole = (await network_on_topic(HERE)).editions["GIS"]
    assert whole is not None
    assert whole.imported_by == "GIS班 李"


async def test_a_broker_that_stops_taking_has_no_whole_edition_and_the_next_run_tells_the_rest(kafka: Taking) -> None:
    kafka.room = 1_700
    plan = await imports(POINTS)
    assert (plan.sent, plan.due, plan.whole) == (1_700, 2_501, False)
    assert (await network_on_topic(HERE)).editions == {"GIS": None}
    kafka.room = 10_000
    rest = await imports(POINTS)
    assert (rest.unchanged, rest.sent, rest.whole) == (1_700, 801, True)
    found = await network_on_topic(HERE)
    assert (len(found.model.elements), found.unreadable) == (2_501, 0)
    assert found.editions["GIS"] is not None


async def test_a_broker_that_takes_all_but_the_last_word_is_told_it_by_the_next_run(kafka: Taking) -> None:
    kafka.room = 2_501
    plan = await imports(POINTS)
    assert (plan.sent, plan.due, plan.whole) == (2_501, 2_501, False)
    kafka.room = 1
    assert (await imports(POINTS)).whole
    assert kafka.room == 0


@pytest.mark.parametrize(
    ("choices", "wrong"),
    [
        (NetworkChoices(dry_run=True), ()),
        (NetworkChoices(), [RowError(2, "wrong", "P1", "kind", "element")]),
    ],
)
async def test_a_dry_run_and_a_file_with_an_error_tell_nothing(
    kafka: Taking, choices: NetworkChoices, wrong: Sequence[RowError]
) -> None:
    plan = await imports(POINTS, choices=choices, wrong=wrong)
    assert (plan.new, plan.refused, kafka.batches) == (2_501, bool(wrong), [])


async def test_an_empty_file_prunes_nothing(kafka: Taking) -> None:
    await imports(POINTS)
    plan = await imports([], later(1), NetworkChoices(prune=True, yes=True))
    assert (plan.elements, plan.sent, len(kafka.batches)) == (0, 0, 4)


async def test_what_is_refused_tells_nothing(kafka: Taking) -> None:
    await imports(POINTS)
    with pytest.raises(Refused, match="so it is older"):
        await imports(POINTS, later(-1))
    with pytest.raises(Refused, match="add --yes"):
        await imports(POINTS[:1_000], later(1), NetworkChoices(prune=True))
    with pytest.raises(Refused, match="one edition says one thing"):
        await imports([replace(POINTS[0], name="other"), *POINTS[1:]])
    assert len(kafka.batches) == 4


async def test_whoever_watches_sees_the_topic_the_file_and_what_is_sent(kafka: Taking) -> None:
    seen: dict[str, list[Any]] = {"heard": [], "due": [], "sent": []}
    watch = ImportWatch(lambda *how: seen["heard"].append(how), iter, seen["due"].append, seen["sent"].append)
    await imports(POINTS, watch=watch)
    assert (seen["heard"], seen["due"], seen["sent"]) == ([], [2_501], [1_000, 1_000, 501])
    await imports(POINTS, later(1), watch=watch)
    done, total = seen["heard"][-1]
    assert done == total == 2_502


async def test_offsets_that_compaction_left_empty_hold_up_nobody(kafka: Taking) -> None:
    await imports(POINTS[:10])
    kafka.broker.gap((TOPIC, 0), 7)
    kafka.broker.gap((TOPIC, 1), 7)
    assert len((await network_on_topic(HERE)).model.elements) == 10


async def test_without_the_topic_it_is_named_with_what_makes_it(kafka: Taking) -> None:
    kafka.broker.partition_count = 0
    with pytest.raises(Away, match=r"Kafka at paper:0 has no topic outage\.network: make it as deploy/k8s/base/topics"):
        await imports(POINTS)
