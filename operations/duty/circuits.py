"""Show the provider's circuits in plain words: what is at fault, since when, what waits, and when it is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from operations.errors import Away, CommandError
from operations.system.database import Connection, connect, enter, present
from operations.system.instants import clock_of
from operations.times import Times, count, span
from services.kernel.adapters.away import DATABASE
from services.kernel.queries import queries

if TYPE_CHECKING:
    from operations.system.location import Where

SQL = queries(Path(__file__).parents[1] / "sql" / "circuit.sql")
LOOK_SECONDS: Final = 3.0

_WHAT: Final[Mapping[str, str]] = {
    "account": "The provider refuses our account",
    "sender": "The provider refuses the sender {subject}",
    "region": "The provider takes no texts to {subject}",
    "network": "The provider does not answer",
}
_STOPS: Final[Mapping[str, str]] = {
    "account": "No text goes out",
    "sender": "No text goes out from it",
    "region": "Texts to other countries go on",
    "network": "No text goes out",
}
_MEND: Final[Mapping[str, str]] = {
    "account": "look at credentials, balance and limits in the provider's console",
    "sender": "look at OUTAGE_TWILIO_FROM (or OUTAGE_SMS_GATEWAY_SIGNATURE) and at the sender in the provider's console",
    "region": "enable the country, or register the sender there, in the provider's console",
    "network": "look at the network to the provider and at the provider's status page",
}


async def open_circuits(connection: Connection, wall: datetime) -> Sequence[Any]:
    """The open circuits of the schema that `connection` is in, at this real instant."""
    rows: Sequence[Any] = await connection.fetch(SQL["circuits"], wall)
    return rows


def stops_all(circuits: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of them holds back texts to everybody."""
    at_fault = {row["provider"] for row in circuits if row["scope"] != "region"}
    set_up = {name for row in circuits for name in row.get("set_up") or ()}
    return bool(at_fault) and not set_up - at_fault


def in_words(row: Mapping[str, Any], now: datetime, t: Times) -> str:
    """One open circuit as a line."""
    said = " ".join(
        part
        for part in (
            row["reason"],
            f"(code {row['code']}" + (f", HTTP {row['http_status']})" if row["http_status"] else ")")
            if row["code"]
            else "",
        )
        if part
    )
    # Whoever has one provider need not be told which.
    whose = f"{row['provider']}: " if len(row.get("set_up") or ()) > 1 else ""
    stops = _STOPS[row["scope"]] if not whose else "Its texts go by another provider, where one carries to there"
    by = ", as receipts say" if row["found_by"] == "receipt" else ""
    probe = f"in {span(timedelta(seconds=row['probe_in']))}" if row["probe_in"] >= 1 else "with the next text"
    return (
        f"{whose}{_WHAT[row['scope']].format(subject=row['subject'])}: {said}{by}, since {t.at(row['since'])} "
        f"({span(now - row['since'])}). {stops}; what waits is sent after the repair, if it is still of "
        f"use. Next probe {probe}, {count(row['probes'], 'probe')} so far. To mend it: {_MEND[row['scope']]}."
    )


def as_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """One open circuit for programs."""
    return {
        "provider": row["provider"],
        "scope": row["scope"],
        "subject": row["subject"] or None,
        "reason": row["reason"],
        "code": row["code"],
        "httpStatus": row["http_status"],
        "foundBy": row["found_by"],
        "since": row["since"],
        "probes": row["probes"],
        "nextProbeInSeconds": round(row["probe_in"], 1),
    }


class CircuitNotes:
    """What a watcher is told of circuits: one line when one opens, one when it closes."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], str] = {}

    def news(self, circuits: Sequence[Mapping[str, Any]], now: datetime, t: Times) -> list[tuple[str, str]]:
        """(line, style) for each change since the last look."""
        seen = {(row["provider"], row["scope"], row["subject"]): row for row in circuits}
        told = [(in_words(row, now, t), "bold red") for key, row in seen.items() if key not in self._open]
        gone = [words for key, words in self._open.items() if key not in seen]
        self._open = {key: _WHAT[row["scope"]].format(subject=row["subject"]) for key, row in seen.items()}
        return told + [(f"No longer so: {words}. Texts go out again.", "green") for words in gone]


async def tell_news(where: Where, note: Any, t: Times) -> None:
    """Look every few seconds and tell what changed, until cancelled. `note(words, style)` prints a line."""
    notes = CircuitNotes()
    while True:
        try:
            async with connect(where) as connection:
                if "notifier" not in await present(connection, ("notifier",)):
                    return
                await enter(connection, "notifier")
                clock = clock_of(where)
                while True:
                    for words, style in notes.news(await open_circuits(connection, clock.wall()), clock.now(), t):
                        note(words, style)
                    await asyncio.sleep(LOOK_SECONDS)
        except asyncpg.UndefinedTableError:
            return  # the schema of an older version: it has no circuits to tell of
        except (Away, *DATABASE):
            await asyncio.sleep(LOOK_SECONDS)
        except CommandError:
            return  # this role may not see them, which the watching has said
