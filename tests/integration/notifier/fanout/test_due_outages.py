"""What the facts of one transaction leave in the tables is what they leave one by one."""

from random import Random
from typing import Any

import msgspec
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ErtChanged, ExtentChanged, OutageReopened, OutageStarted, SupplyRestored
from services.kernel.model import Message
from services.notifier.tables import due_outages
from tests.kits.deciders.notifier import at
from tests.kits.stack.fanout import Desks, Town, town

MRIDS = ("F1", "F2", "F3")
POINTS = ("P1", "P2", "P3", "P4")
TABLES = {
    "fanout_job": "mrid, version, due::text, chunks, done, narrowed, placed_version, named",
    "outage_match": "kind, value, mrid, by_model, back, untold",
    "outage_denied": "mrid, form",
}


def told(random: Random, number: int) -> msgspec.Struct:
    """Some fact about one of the outages."""
    mrid, some = random.choice(MRIDS), tuple(sorted(random.sample(POINTS, random.randint(1, 3))))
    when = at(5, 9, 14)
    return random.choice(
        (
            OutageStarted(
                mrid=mrid,
                outage_class="fault",
                started_at=at(5, 9, 12),
                ert=at(5, 11),
                extent=Extent(usage_points=POINTS, lines=("northern line",)),
            ),
            ErtChanged(mrid=mrid, changed_at=when, ert=at(5, 12, number % 60)),
            ExtentChanged(mrid=mrid, changed_at=when, extent=Extent(usage_points=some)),
            SupplyRestored(
                mrid=mrid, restored_at=when, scope="part", extent=Extent(usage_points=some[:1]), evidence="meter"
            ),
            SupplyRestored(mrid=mrid, restored_at=when, scope="all"),
            OutageReopened(mrid=mrid, reopened_at=when, ert=at(5, 13), reason="tripped again"),
        )
    )


async def left(city: Town) -> dict[str, list[Any]]:
    """What is in the tables."""
    found = {}
    for table, columns in TABLES.items():
        rows = await city.pool.fetch(f"select {columns} from {table}")
        found[table] = sorted(map(repr, map(tuple, rows)))
    return found


def messages(city: Town, facts: list[msgspec.Struct], seed: int) -> list[Message]:
    """Facts under names that are the same wherever they are told."""
    named = [city.message(fact) for fact in facts]
    return [msg.__class__(**{**_fields(msg), "id": f"{seed}/{n}"}) for n, msg in enumerate(named)]


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__dataclass_fields__}


@pytest.mark.parametrize("gathered", [due_outages.GATHERED_BYTES, 1], ids=["together", "each at once"])
async def test_facts_of_one_transaction_leave_what_they_leave_one_by_one(
    postgres: str, monkeypatch: pytest.MonkeyPatch, gathered: int
) -> None:
    monkeypatch.setattr(due_outages, "GATHERED_BYTES", gathered)
    async with town(postgres) as one, town(postgres) as other:
        desks: tuple[Desks, Desks] = (await one.process(), await other.process())
        for seed in range(12):
            facts = [told(Random(f"{seed}/{n}"), n) for n in range(12)]
            await desks[0].ingest.submit(messages(one, facts, seed))
            for message in messages(other, facts, seed):
                await desks[1].ingest.submit([message])
            assert await left(one) == await left(other), f"seed {seed}"
        assert (await left(one))["outage_match"], "some of them lie somewhere"
        assert await one.faults() == await other.faults() == {}
