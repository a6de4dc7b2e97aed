"""Keep what a person needs to see why a seed went wrong: what every service had in its tables when it was judged."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

KERNEL: Final = ("stream", "event", "timer", "standing", "consumer_offset")
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "planner": KERNEL,
    "restorer": KERNEL,
    "notifier": (*KERNEL, "outbox", "notification", "attempt", "alarm", "fanout_job", "circuit", "pace"),
}


async def keep_tables(logs: Mapping[str, asyncpg.Connection], folder: Path) -> None:
    """One file a table, one row a line, as JSON: `notifier.timer.jsonl`."""
    files: dict[str, str] = {}
    for service, tables in TABLES.items():
        for table in tables:
            rows = await logs[service].fetch(f"select to_jsonb(t) as row from {table} t")
            files[f"{service}.{table}.jsonl"] = "".join(f"{row['row']}\n" for row in rows)
    await asyncio.to_thread(_write, folder, files)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
