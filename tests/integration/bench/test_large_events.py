"""Large events through each service: their names are given the form in which places are compared once, not for each question."""

import asyncpg
import pytest

from bench.large import large, rounds
from bench.memory import NAME_BYTES
from services.notifier.tables.due_outages import ROWS_AT_ONCE
from services.places import names as places
from services.places.extents import KINDS, names
from services.places.many import Forms
from tests.kits.stack.databases import database

SIZE = 200_000


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> Forms:
    """A memory of forms in which nothing is."""
    fresh = Forms(places.MAKE)
    monkeypatch.setattr(places, "_FORMS", fresh)
    return fresh


@pytest.mark.parametrize("service", ["planner", "restorer", "notifier"])
async def test_each_name_of_a_large_event_is_given_its_form_once_in_all_that_a_service_does_with_it(
    postgres: str, forms: Forms, service: str
) -> None:
    extents = [fact.extent for batch in rounds(SIZE) for _, fact in batch if hasattr(fact, "extent")]
    named = sum(len(names(extent, kind)) for extent in extents for kind in KINDS)
    assert named > 40_000
    async with database(postgres) as dsn:
        figures = await large(dsn, service, SIZE, people=50)
        if service == "notifier":
            connection = await asyncpg.connect(dsn)
            found = await connection.fetchval("select count(*) from notifier.outage_match where mrid = 'LARGE-00001'")
            await connection.close()
            assert found == SIZE // NAME_BYTES > ROWS_AT_ONCE, "put by several statements, and all there"
    assert figures["facts"] > 15
    assert 3_000 < forms.made <= named
