"""A row of the log is read as the newest version of its type, whatever version wrote it."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from schemas.contracts.customers import FIRST, SECOND, CustomerUpserted, CustomerUpsertedV1
from services.kernel.streams.log import Log
from services.notifier.app import Notifier
from tests.kits.deciders.notifier import VOICE

WHEN = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_customer_of_the_first_version_is_read_as_one_of_the_second() -> None:
    log = Log(Notifier(VOICE))
    old = CustomerUpsertedV1(customer_id="H1", name="医院", importance="special", lines=("城东线",), updated_at=WHEN)
    row = {
        "stream_id": "customer/H1",
        "version": 1,
        "event_id": uuid4(),
        "type": FIRST,
        "data": msgspec.json.encode(old).decode(),
        "decided_at": WHEN,
        "cause": "/registry/1",
        "reason": "nothing-to-say",
        "position": 1,
    }
    event = log.stored(row)
    assert event.type == SECOND
    assert event.data == CustomerUpserted(
        customer_id="H1", name="医院", importance="special", lines=("城东线",), updated_at=WHEN
    )
    assert log.stored(row | {"type": SECOND}).data == event.data
