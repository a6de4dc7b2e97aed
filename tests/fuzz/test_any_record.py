"""Random and mutated records on the real write path of every service: each has an end with a name, none is an exit."""

import random

import pytest

from schemas.errors import REASONS
from services.kernel.writing import quarantine
from tests.fuzz.bench import NAMES, Ends, batches, under_fire
from tests.fuzz.records import GOODS, records

RECORDS = 400
KNOWN = {*REASONS, quarantine.SAME_ID_OTHER_CONTENT, quarantine.DECIDE_FAILED, quarantine.STREAM_PARKED}


@pytest.mark.parametrize("name", NAMES)
async def test_every_record_ends_as_an_event_a_named_refusal_or_in_quarantine(postgres: str, name: str) -> None:
    ends = Ends()
    async with under_fire(postgres, name, ends) as (under, connection):
        for batch in batches(random.Random(name), RECORDS, under.service.inputs):
            await under.take(batch)
        assert await under.faults(connection) == {}
        failed = await connection.fetch("select detail, type, body from quarantine where reason = 'decide-failed'")
    assert ends.of(name) == RECORDS
    assert {what for _, what in ends.counts} >= {"event", "refusal", "quarantine"}, (
        "the records are too wild, or too tame"
    )
    assert {reason for _, reason in ends.reasons} <= KNOWN
    assert [(row["detail"], row["type"], row["body"]) for row in failed] == [], "valid, and a decision failed at it"


def test_the_same_seed_makes_the_same_records_and_every_contract_is_among_them() -> None:
    one, other = records(random.Random(7)), records(random.Random(7))
    assert [next(one) for _ in range(300)] == [next(other) for _ in range(300)]
    assert len({raw.headers["ce_type"] for raw in GOODS}) > 40
