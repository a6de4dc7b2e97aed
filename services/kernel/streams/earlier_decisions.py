"""Find what the log decided before, by the ids of its events, after the inbox has forgotten the message."""

from collections.abc import Mapping, Sequence

from schemas.citation import citation, former
from services.kernel.adapters.locks import Connection
from services.kernel.model import TIMER_FIRED, Message
from services.kernel.queries import SQL
from services.kernel.streams.log import event_id, former_event_id

IN_THE_LOG = "in-the-log-already"
"""The named reason for a message that the inbox has forgotten and the log has not."""


async def decided_before(
    connection: Connection, messages: Sequence[tuple[str, Message]]
) -> Mapping[tuple[str, tuple[str, str]], int]:
    """Which of these (stream, message) pairs the log knows already: (stream, message.name) → events made.

    Nothing is looked up while the inbox has forgotten nothing. The streams must be locked.
    """
    # By id and not by age: a retry may carry a time of its own, and a sender's clock may be years ahead.
    asked = [(stream, message.name) for stream, message in messages if message.type != TIMER_FIRED]
    if not asked:
        return {}
    # What 0.1 wrote is found by the id it made then; among its rows two pairs may share one, among later rows none do.
    ids = [event_id(citation(*name), stream, 0) for stream, name in asked]
    then = [former_event_id(former(*name), stream, 0) for stream, name in asked]
    found = {
        (row["event_id"], row["paired"]): row["events"]
        for row in await connection.fetch(SQL["decided_before"], ids, then)
    }
    return {
        pair: events
        for pair, now, before in zip(asked, ids, then, strict=True)
        if (events := found.get((now, True)) or found.get((before, False)))
    }
