"""The instant at which a message was recorded: the broker's for a record, the decision's for internal messages."""

from datetime import UTC, datetime, timedelta

from schemas.cloudevent import from_kafka
from schemas.contracts.dispatch import CauseCleared
from services.kernel.model import TIMER_FIRED, Message, TimerFired
from services.kernel.writing.ingest import message_of
from services.kernel.writing.timers import DueTimer
from tests.kits.kernel.paper import PaperBroker, tell

AT = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


def test_a_record_was_recorded_when_the_broker_says_whatever_time_its_sender_gives() -> None:
    said = CauseCleared(mrid="o1", cleared_at=AT + timedelta(days=400))
    record = tell(PaperBroker(), "cause.cleared.v1", said, id="1", at=AT)
    event = from_kafka(record.topic, record.key, record.headers, record.value)
    assert message_of(event, record).recorded_at == AT


def test_a_deadline_is_recorded_when_it_is_judged_and_not_when_it_was_due() -> None:
    row = {"stream_id": "outage/o1", "name": "boil", "due_at": AT, "partition": 0}
    message = DueTimer(row, unproven=False).message("toy", 3, AT + timedelta(hours=1))  # type: ignore[arg-type]
    assert (message.time, message.recorded_at) == (AT, AT + timedelta(hours=1))


def test_a_word_from_within_was_recorded_when_it_says_it_happened() -> None:
    data = TimerFired(name="n", due_at=AT)
    assert Message("/within", "1", TIMER_FIRED, AT, data, "o1", 0).recorded_at == AT
