"""Something valid that waits parked is seen: in the metrics, in the health's remarks and in the audit."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.observing.health import Health
from services.kernel.observing.parked import ParkedWatch, look
from services.kernel.observing.telemetry import Telemetry
from tests.kits.kernel.asked import drop
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import Bench, toy_bench


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        yield made


async def take(bench: Bench, id_: str, subject: str | None = None, **more: bytes) -> None:
    data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START, subject=subject)
    await bench.ingest.take([tell(bench.broker, "enquiry.received.v1", data, id=id_, **more)])


async def test_what_is_valid_and_waits_is_told_apart_from_what_nobody_could_read(bench: Bench) -> None:
    await take(bench, "1", subject="bug")
    await take(bench, "2")
    await take(bench, "3", value=b"{")
    bench.clock.advance(timedelta(hours=1))
    health, telemetry = Health(bench.clock), Telemetry("toy")
    watch = ParkedWatch(bench.pool, bench.clock, health, telemetry, ["outage"])
    watch.show(await look(bench.pool, bench.clock.now(), ["outage"]))
    value = telemetry.registry.get_sample_value
    assert value("outage_streams_parked") == 1
    assert value("outage_quarantine_valid_open") == 2
    assert value("outage_quarantine_unreadable_open") == 1
    assert value("outage_quarantine_oldest_valid_age_seconds") == 3600
    assert health.remarks == ["2 valid messages wait parked on 1 streams: outagectl quarantine list"]
    assert health.live() == [], "a restart would cure nothing"
    parked = await bench.check("parked")
    assert (parked.notes["valid messages waiting parked: outagectl quarantine list"], parked.faults) == (2, [])
    failed = await bench.pool.fetchval("select parked_by from stream where stream_id = 'outage/o1'")
    await drop(bench.pool, Toy(), bench.clock, failed, "night shift", "a test")
    watch.show(await look(bench.pool, bench.clock.now(), ["outage"]))
    assert (value("outage_streams_parked"), health.remarks) == (0, [])
