"""Keep what was said to customers, text by text: for whom, about which outages, and how far it came. Never what it said."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.messages import (
    ContactConfirmed,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageFact,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from services.kernel.model import Message
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[2] / "sql" / "heard.sql")
AT_ONCE: Final = 2_000


class HeardWord(msgspec.Struct):
    """A row of `customer_word`; None: not known, or not so. A later word fills what is not known and lies in no instant before."""

    message_id: str
    customer_id: str
    mrids: str | None = None
    trigger: str | None = None
    requested_at: datetime | None = None
    not_before: datetime | None = None
    due_at: datetime | None = None
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_for: str | None = None


class CustomerWords:
    """`HeardListener` of outage.messages: tables `customer_word` and `customer_confirmed`."""

    hears: tuple[type[msgspec.Struct], ...] = (MessageFact, ContactConfirmed)

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """See HeardListener."""
        words: dict[str, HeardWord] = {}
        confirmed: dict[str, tuple[datetime, str]] = {}
        for message in said:
            match message.data:
                case MessageFact() as fact:
                    word = words.setdefault(fact.message_id, HeardWord(fact.message_id, fact.customer_id))
                    note(word, fact)
                case ContactConfirmed() as one:
                    found = one.confirmed_at, one.how
                    confirmed[one.customer_id] = max(found, confirmed.get(one.customer_id, found))
        rows = [msgspec.structs.astuple(words[name]) for name in sorted(words)]
        for start in range(0, len(rows), AT_ONCE):
            await connection.execute(SQL["put_words"], *_columns(rows[start : start + AT_ONCE]))
        if confirmed:
            await connection.execute(
                SQL["put_confirmed"], *_columns([(name, *confirmed[name]) for name in sorted(confirmed)])
            )

    async def forget(self, connection: Any, topic: str) -> None:
        """See HeardListener."""
        del topic
        await connection.execute(SQL["forget_words"])
        await connection.execute(SQL["forget_confirmed"])


def note(word: HeardWord, fact: MessageFact) -> None:
    """What one more fact says of a text.

    >>> at = datetime(2026, 3, 5, 9, 0)
    >>> word = HeardWord("m-1", "KC-1")
    >>> note(word, MessageSuppressed(message_id="m-1", customer_id="KC-1", reason="overtaken", at=at))
    >>> word.ended_at == at, word.ended_for
    (True, 'overtaken')
    """
    match fact:
        case MessageRequested():
            word.mrids, word.trigger = msgspec.json.encode(fact.mrids).decode(), fact.trigger
            word.requested_at, word.not_before, word.due_at = fact.requested_at, fact.not_before, fact.due_at
        case MessageAccepted():
            word.accepted_at = _earlier(word.accepted_at, fact.accepted_at)
        case MessageDelivered():
            word.delivered_at = _earlier(word.delivered_at, fact.delivered_at)
        case MessageUndelivered() | MessageSuppressed() | MessageExpired():
            if word.ended_at is None or fact.at >= word.ended_at:
                word.ended_at, word.ended_for = fact.at, fact.reason
        case _:
            pass


def _earlier(known: datetime | None, said: datetime) -> datetime:
    return said if known is None else min(known, said)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
