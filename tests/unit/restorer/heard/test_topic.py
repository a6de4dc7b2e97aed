"""A topic that is heard: each listener is given the words of its types, a batch at a time, and nobody waits for it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.contracts import messages, notices
from schemas.contracts.messages import ContactOptedOut, MessageAccepted, MessageFact, MessageSuppressed
from services.kernel.model import Message
from services.kernel.writing.copies import judged_inputs
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.tables.heard.topic import HeardTopic

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
CONNECTION = object()


class Noting:
    """A listener that notes what it is given."""

    def __init__(self, *hears: type[msgspec.Struct]) -> None:
        self.hears = hears
        self.heard: list[list[str]] = []
        self.forgot: list[str] = []

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        assert connection is CONNECTION
        self.heard.append([message.id for message in said])

    async def forget(self, connection: Any, topic: str) -> None:
        assert connection is CONNECTION
        self.forgot.append(topic)


def said(name: str, data: msgspec.Struct) -> Message:
    return Message("/outage/notifier", name, "any.v1", AT, data, "KC-1", 0, topic=messages.TOPIC)


TAKEN = MessageAccepted(
    message_id="m-1", customer_id="KC-1", attempt=1, provider="twilio", provider_sid="SM1", accepted_at=AT
)
LEFT = MessageSuppressed(message_id="m-2", customer_id="KC-1", reason="overtaken", at=AT)
STOPPED = ContactOptedOut(customer_id="KC-1", contact_id="c1", reply_id="r1", at=AT)


async def test_a_listener_is_given_all_words_of_its_types_at_once_and_in_their_order_and_no_others() -> None:
    texts, stops = Noting(MessageFact), Noting(ContactOptedOut)
    await HeardTopic(messages.TOPIC, texts, stops).put(
        CONNECTION, [said("1", TAKEN), said("2", STOPPED), said("3", LEFT)]
    )
    assert (texts.heard, stops.heard) == ([["1", "3"]], [["2"]])


async def test_whoever_hears_nothing_of_a_batch_is_not_asked() -> None:
    stops = Noting(ContactOptedOut)
    await HeardTopic(messages.TOPIC, stops).put(CONNECTION, [said("1", TAKEN)])
    assert stops.heard == []


async def test_each_listener_forgets_what_came_on_the_topic_that_is_read_again() -> None:
    both = Noting(MessageFact)
    for topic in (messages.TOPIC, notices.TOPIC):
        await HeardTopic(topic, both).forget(CONNECTION)
    assert both.forgot == [messages.TOPIC, notices.TOPIC]


async def test_what_had_been_set_aside_is_taken_whatever_came_meanwhile() -> None:
    texts = Noting(MessageFact)
    assert await HeardTopic(messages.TOPIC, texts).put_late(CONNECTION, said("9", LEFT))
    assert texts.heard == [["9"]]


@pytest.mark.parametrize("topic", [messages.TOPIC, notices.TOPIC])
def test_no_deadline_of_the_restorer_waits_for_what_is_only_heard(topic: str) -> None:
    restorer = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN"))
    assert topic in restorer.inputs
    assert topic not in judged_inputs(restorer)
    assert "outage" not in restorer.waits_for_all
