"""Search all that a system leaves behind for phone numbers: topics, tables, metrics, logs, audit, evidence, the very files."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
import urllib.request
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from pathlib import Path

from operations.system.broker import each_record
from operations.system.database import connect
from operations.system.location import find
from schemas.contracts.all_types import TOPICS

BETWEEN = re.compile(r"[\s().\-‐-―·]")
"""What people and programs write between the digits of a number."""
SCHEMAS = ("planner", "notifier", "restorer", "gateway")
SIMULATORS = {"twilio", "sms-gateway"}
Command = Callable[..., str]
"""`outagectl` on that system: words in, what it said out."""


class Numbers:
    """Phone numbers to look for, each however it is written: with its country's code or without, with blanks, in wide digits."""

    def __init__(self, e164: Collection[str]) -> None:
        # Without the code of the country: seven digits and more that name one handset, with or without what stands before.
        self._digits = [one.lstrip("+")[2:] for one in e164]
        self._bytes = [digits.encode() for digits in self._digits]

    def in_text(self, text: str) -> bool:
        """Whether one stands in a text."""
        bare = BETWEEN.sub("", unicodedata.normalize("NFKC", text))
        return any(digits in bare for digits in self._digits)

    def in_bytes(self, raw: bytes) -> bool:
        """Whether one stands in the clear in a file that is no text."""
        return any(digits in raw for digits in self._bytes)


async def places(folder: Path, numbers: Numbers, ctl: Command, outages: Collection[str]) -> list[str]:
    """Where any of them stands in the system of this data folder, which must run."""
    found: list[str] = []
    async for place, text in _texts(folder, ctl, outages):
        if numbers.in_text(text):
            found.append(place)
    held = [file for file in _files(folder) if numbers.in_bytes(file.read_bytes())]
    return found + [f"file {file.relative_to(folder)}" for file in held]


async def _texts(folder: Path, ctl: Command, outages: Collection[str]) -> AsyncIterator[tuple[str, str]]:
    where = find(folder)
    for topic in TOPICS:
        async for record in each_record(where, topic):
            parts = (record.key, record.value, *(header for pair in record.headers.items() for header in pair))
            words = " ".join(
                part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in parts if part
            )
            yield f"{topic}, partition {record.partition}, offset {record.offset}", words
    async with connect(where) as connection:
        tables = await connection.fetch(
            "select schemaname as schema, tablename as name from pg_tables where schemaname = any($1::text[])",
            list(SCHEMAS),
        )
        assert tables, "no tables were looked at"
        for one in tables:
            table = f'{one["schema"]}."{one["name"]}"'
            async with connection.transaction():
                async for row in connection.cursor(f"select t::text as row from {table} t"):
                    yield f"table {table}", row["row"]
    ports = json.loads((folder / "ports.json").read_text(encoding="utf-8"))
    for name in ("planner", "notifier", "restorer", "gateway-health"):
        yield f"metrics of {name}", await asyncio.to_thread(_metrics, ports[name])
    yield "the audit", ctl("audit", "--json")
    for service in SCHEMAS[:3]:
        yield f"quarantine of the {service}", ctl("quarantine", "list", "--service", service, "--json")
    for mrid in outages:
        file = folder / f"searched-{mrid}.json"
        ctl("evidence", mrid, "--out", str(file))
        yield f"evidence of {mrid}", file.read_text(encoding="utf-8")


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        said: str = answer.read().decode()
    return said


def _files(folder: Path) -> Iterator[Path]:
    """Every file of the system, logs and the servers' own among them; not the simulators', which are the handsets."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not SIMULATORS & {*file.relative_to(folder).parts}:
            yield file
