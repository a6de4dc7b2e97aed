"""Keep replies as rows in the deciding transaction, and read whose number it is and what went to it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from schemas.contracts.customers import CustomerErased
from schemas.contracts.receipts import InboundReceived
from services.kernel.model import Event, Message
from services.kernel.queries import queries
from services.notifier.domain.replies.addressing import HandsetContact, HandsetFacts, HeldText
from services.notifier.domain.replies.events import HandsetOptedIn, HandsetOptedOut, ReplyReceived, ReplyToRead

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "replies.sql")
REMEMBERED: Final = timedelta(days=30)
"""Texts of so long ago are still known by their codes."""
MOST_TEXTS: Final = 500
MOST_CONTACTS: Final = 500
USEFUL: Final = timedelta(hours=72)
"""Three days later a text that nobody read is of no use to read."""
KEPT: Final = timedelta(days=90)
"""So long what came in is kept as rows; the log has it longer."""
NOBODY: Final = ""
"""The customer of a text that came from nobody whom we know."""


async def read_handset(connection: Any, message: Message) -> HandsetFacts | None:
    """Who has the number that `message` came from, and what went to it; None for what is no text from outside."""
    text = message.data
    if not isinstance(text, InboundReceived):
        return None
    contacts = await connection.fetch(SQL["contacts"], text.from_index, MOST_CONTACTS)
    since = text.received_at - REMEMBERED
    texts = await connection.fetch(SQL["texts"], text.from_index, since, MOST_TEXTS) if contacts else ()
    return HandsetFacts(
        tuple(HandsetContact(row["customer_id"], row["contact_id"]) for row in contacts),
        tuple(
            HeldText(row["customer_id"], row["contact_id"], row["ref"], tuple(row["mrids"]), row["trigger"], row["at"])
            for row in texts
        ),
    )


async def is_opted_out(connection: Any, blind_index: str) -> bool:
    """Whether whoever has this number wants no texts: asked once more right before each text goes."""
    return bool(await connection.fetchval(SQL["is_opted_out"], blind_index))


class ReplyRows:
    """Tables reply, reply_to_read and opted_out."""

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold the events of handsets, and of customers' answers, into them."""
        for event in events:
            await _apply(connection, event.data)


async def _apply(connection: Any, data: object) -> None:
    match data:
        case ReplyReceived() as one:
            what = (one.reply_id, one.handset, one.provider, one.body, one.meaning, one.reason, one.code)
            await connection.execute(SQL["put_reply"], *what, list(one.customers), one.received_at)
            await connection.execute(SQL["forget_old"], one.received_at - KEPT)
            await connection.execute(SQL["forget_read"], one.received_at - KEPT)
        case ReplyToRead() as one:
            mrid = one.mrids[0] if one.mrids else None
            who, until = one.customer_id or NOBODY, one.received_at + USEFUL
            await connection.execute(SQL["put_to_read"], one.reply_id, who, mrid, one.reason, one.received_at, until)
        case HandsetOptedOut() as one:
            await connection.execute(SQL["opt_out"], one.handset, one.at, one.reply_id)
        case HandsetOptedIn() as one:
            await connection.execute(SQL["opt_in"], one.handset)
        case CustomerErased(customer_id=customer):
            for name in ("forget_customer", "unname_customer", "forget_to_read"):
                await connection.execute(SQL[name], customer)
        case _:
            pass
