"""Say of a text that is on a phone and not known here what a person needs to find out how that came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from operations.system.database import Connection, Row
from services.kernel.queries import queries

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received

SQL = queries(Path(__file__).parents[1] / "sql" / "audit_sending.sql")
NEAR: Final = timedelta(hours=1)
"""Attempts at other texts to the same number are told where they began so near to when the text arrived."""
MOST_TOLD: Final = 12

Around = Mapping[str, Sequence[Row]]
"""Rows of query `around` by message id; a text without a row is not in it."""


async def look_around(connection: Connection, unknown: Iterable[Received]) -> Around:
    """What the tables say of the texts that these claim to be."""
    wanted = sorted({one.message_id for one in unknown if one.message_id is not None})
    found: dict[str, list[Row]] = {}
    if wanted:
        for row in await connection.fetch(SQL["around"], wanted):
            found.setdefault(row["message_id"], []).append(row)
    return found


def unknown_fault(received: Received, around: Around) -> str:
    """The complaint: which text, when it arrived by which attempt, whose it is, and what became of the attempts. Pure."""
    whose = f"text {received.message_id}" if received.message_id else "of which text is not said"
    arrived = f"it arrived at {_at(received.wall)}"
    if received.attempt is not None:
        arrived += f" by attempt {received.attempt}"
    said = f"provider id {received.sid} ({whose}) is on a phone but not known here; {arrived}"
    rows = around.get(received.message_id or "", ())
    if not rows:
        return f"{said}; {'there is no row of that text' if received.message_id else 'nothing more is known'}"
    return f"{said}; {_text(rows[0])}; {_attempts(received, rows)}"


def _text(row: Row) -> str:
    """The text's row in words; its times are those of the domain."""
    said = (
        f"{row['trigger']} to {row['contact_id']} of customer {row['customer_id']}, asked for {_at(row['requested_at'])}, not "
        f"before {_at(row['not_before'])}, of use until {_at(row['expires_at'])}, is {row['state']}"
    )
    if row["closed_at"] is not None:
        said += f" since {_at(row['closed_at'])}"
    if row["unwanted"] is not None:
        said += f", withdrawn as {row['unwanted']}"
    return f"{said}, provider id {row['provider_sid'] or 'none'}"


def _attempts(received: Received, rows: Sequence[Row]) -> str:
    """Those at the text, and those near to its arrival that went to the same number; their times are real."""
    told = [
        row
        for row in rows
        if row["of_text"] is not None
        and (row["of_text"] == received.message_id or abs(row["started_at"] - received.wall) <= NEAR)
    ]
    if not told:
        return "no attempt was made to that number"
    words = [_attempt(row, own=row["of_text"] == received.message_id) for row in told[-MOST_TOLD:]]
    left = len(told) - len(words)
    return f"attempts to that number: {', '.join(words)}{f' ({left} earlier ones left out)' if left else ''}"


def _attempt(row: Row, *, own: bool) -> str:
    name = f"{row['n']}" if own else f"{row['n']} at text {row['of_text']}"
    ended = f" to {_at(row['attempt_closed_at'])}" if row["attempt_closed_at"] is not None else ""
    answer = " ".join(
        f"{word} {value}"
        for word, value in (("HTTP", row["http_status"]), ("code", row["provider_code"]), ("id", row["sid"]))
        if value is not None
    )
    return f"{name}: {row['outcome']}{f' ({answer})' if answer else ''} {_at(row['started_at'])}{ended}"


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
