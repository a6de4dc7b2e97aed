"""What a stored event is when it is read: of the newest version of its type."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from schemas.contracts.customers import CustomerUpserted, Supply
from services.kernel.streams.log import Log
from services.notifier.app import Notifier
from tests.kits.stack.sending import VOICE

AT = datetime(2026, 3, 1, tzinfo=UTC)


def stored(type_: str, customer: CustomerUpserted) -> tuple[str, object]:
    row = {
        "stream_id": "customer/ann",
        "version": 1,
        "event_id": uuid4(),
        "type": type_,
        "data": msgspec.json.encode(customer).decode(),
        "decided_at": AT,
        "cause": "/test/1",
        "reason": "nothing-to-say",
        "position": 1,
    }
    event = Log(Notifier(VOICE)).stored(row)
    return event.type, event.data


def test_an_event_of_an_older_version_is_read_as_the_newest_says_it() -> None:
    ann = CustomerUpserted(customer_id="ann", name="Ann", importance="first", lines=("L1",), updated_at=AT)
    assert stored("customer.upserted.v1", ann) == ("customer.upserted.v2", ann)


def test_an_event_of_the_newest_version_is_read_as_it_is() -> None:
    main = Supply(id="1", role="main", line="L1")
    ann = CustomerUpserted(customer_id="ann", name="Ann", importance="first", supplies=(main,), updated_at=AT)
    assert stored("customer.upserted.v2", ann) == ("customer.upserted.v2", ann)
