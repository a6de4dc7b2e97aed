"""Decide what follows from a text that came from a number: who hears of it, whether it takes texts, who must read it. Pure.

Streams handset/<blind index>: one number's texts in their order, so that STOP and START follow each other as they were sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.contracts import audience
from schemas.contracts.audience import CustomerReplied
from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Decision, Event, Message, NewEvent
from services.kernel.values.keeping import Keeper
from services.notifier.domain.replies.addressing import Addressee, Addressing, HandsetFacts, address
from services.notifier.domain.replies.events import (
    HANDSET_OPTED_IN,
    HANDSET_OPTED_OUT,
    REPLY_RECEIVED,
    REPLY_TO_READ,
    HandsetOptedIn,
    HandsetOptedOut,
    ReplyReceived,
    ReplyToRead,
)
from services.notifier.domain.replies.understanding import Understood, understand

CATEGORY: Final = "handset"
HEARD_BEFORE: Final = "heard-before"
NOT_FOR_HANDSETS: Final = "not-for-handsets"
KEPT_IDS: Final = 50
"""So many texts are known by their ids: a provider that calls again does so within minutes."""


@dataclass(frozen=True, slots=True)
class Handset:
    """State of one number."""

    handset: str
    opted_out_at: datetime | None = None
    changed_at: datetime | None = None
    """When it last said STOP or START."""
    heard: tuple[str, ...] = ()
    replies: int = 0


_keeper = Keeper(Handset)


class NotifierHandset:
    """Decider of streams handset/<blind index>."""

    category = CATEGORY

    def initial(self, stream_id: str) -> Handset:
        """Nothing heard."""
        return Handset(stream_id.partition("/")[2])

    def evolve(self, state: Handset, event: Event) -> Handset:
        """The number after one more event."""
        match event.data:
            case ReplyReceived(reply_id=reply_id):
                return replace(state, heard=(*state.heard, reply_id)[-KEPT_IDS:], replies=state.replies + 1)
            case HandsetOptedOut(at=at):
                return replace(state, opted_out_at=at, changed_at=at)
            case HandsetOptedIn(at=at):
                return replace(state, opted_out_at=None, changed_at=at)
            case _:
                return state

    def dump(self, state: Handset) -> bytes:
        """The state as bytes, for the kernel's snapshots."""
        return _keeper.dump(state)

    def restore(self, stream_id: str, data: bytes) -> Handset:
        """The state again."""
        del stream_id
        return _keeper.restore(data)

    def decide(self, state: Handset, facts: HandsetFacts | None, message: Message, now: datetime) -> Decision:
        """Understand it, and pass it on to whom it concerns.

        Reasons: `opted-out`, `opted-in`, or whom it was taken to be about (addressing.py). Named no-ops: `heard-before` (the
        provider called twice), `not-for-handsets`.
        """
        text = message.data
        if not isinstance(text, InboundReceived):
            return Decision(NOT_FOR_HANDSETS)
        if text.provider_sid in state.heard:
            return Decision(HEARD_BEFORE)
        known = facts or HandsetFacts()
        # A gateway whose clock is ahead would have its START outlast the STOP that comes after it.
        at = min(text.received_at, message.recorded_at, now)
        stopped = state.opted_out_at is not None
        said = understand(text.body, known.codes, text.opt_out, stopped=stopped)
        to = address(said, known, at)
        events = [_received(state, text, said, to), *_switched(state, text, said, at)]
        reason = "opted-out" if said.meaning == "stop" else "opted-in" if said.meaning == "start" else to.reason
        return Decision(reason, [*events, *_passed_on(text, said, to, at), *_to_read(text, to, at)])

    def timers(self, state: Handset) -> Mapping[str, datetime]:
        """None: whatever waits for a person is a task."""
        del state
        return {}

    def view(self, state: Handset) -> dict[str, Any]:
        """Whether it takes texts, and how many came from it."""
        shown = {one.name: getattr(state, one.name) for one in fields(state) if one.name not in ("handset", "heard")}
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shown, order="deterministic"))
        return plain


def _received(state: Handset, text: InboundReceived, said: Understood, to: Addressing) -> NewEvent:
    concerned = to.to or to.readers
    received = ReplyReceived(
        handset=state.handset,
        reply_id=text.provider_sid,
        provider=text.provider,
        body=text.body,
        meaning=said.meaning,
        reason=to.reason,
        code=said.code,
        customers=tuple(dict.fromkeys(one.customer_id for one in concerned)),
        received_at=text.received_at,
    )
    return NewEvent(REPLY_RECEIVED, received)


def _switched(state: Handset, text: InboundReceived, said: Understood, at: datetime) -> Iterator[NewEvent]:
    """STOP and START of the number; an older word than the last of them changes nothing."""
    if state.changed_at is not None and at < state.changed_at:
        return
    if said.meaning == "stop":
        yield NewEvent(HANDSET_OPTED_OUT, HandsetOptedOut(handset=state.handset, reply_id=text.provider_sid, at=at))
    elif said.meaning == "start":
        yield NewEvent(HANDSET_OPTED_IN, HandsetOptedIn(handset=state.handset, reply_id=text.provider_sid, at=at))


def _passed_on(text: InboundReceived, said: Understood, to: Addressing, at: datetime) -> Iterator[NewEvent]:
    match said.meaning:
        case "help" | "other":
            return
        case meaning:
            for one in to.to:
                word = CustomerReplied(
                    customer_id=one.customer_id,
                    contact_id=one.contact_id,
                    reply_id=text.provider_sid,
                    meaning=meaning,
                    code=said.code,
                    about=one.about,
                    received_at=at,
                )
                yield NewEvent("customer.replied.v1", word, topic=audience.TOPIC, key=one.customer_id)


def _to_read(text: InboundReceived, to: Addressing, at: datetime) -> Iterator[NewEvent]:
    if to.to_read is None:
        return
    for one in to.readers or (None,):
        yield NewEvent(REPLY_TO_READ, reply_to_read(text.provider_sid, to.to_read, one, at))


def reply_to_read(reply_id: str, reason: str, whose: Addressee | None, at: datetime) -> ReplyToRead:
    """A person must read it; for a customer, where it is known whose it is."""
    customer, mrids = (whose.customer_id, whose.about) if whose is not None else (None, ())
    return ReplyToRead(reply_id=reply_id, reason=reason, customer_id=customer, mrids=mrids, received_at=at)
