"""The demo on a real outage list: which days it picks, and a small list played from nothing to the audit."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.feed.stormiest import stormiest
from operations.errors import Refused

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("America/Vancouver")
SECONDS = 240
NOON = datetime(2023, 5, 1, 19, tzinfo=UTC)  # noon in that zone

pytestmark = pytest.mark.timeout(SECONDS + 30)


def row(number: int, at: datetime) -> dict[str, Any]:
    millis = int(at.timestamp() * 1000)
    return {
        "id": number,
        "municipality": "Hope",
        "cause": "Tree down across our wires",
        "numCustomersOut": 100 + number,
        "crewStatusDescription": "Crew assigned",
        "dateOff": millis,
        "dateOn": millis + 7_200_000,
        "crewEtr": millis + 7_200_000,
        "showEtr": True,
        "lastUpdated": millis,
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Five days: one outage open before, then one, three, one and one that begin, each gone within two hours."""
    lists: list[tuple[datetime, list[dict[str, Any]]]] = []
    numbers = iter(range(1, 100))
    for day, began in enumerate((1, 1, 3, 1, 1)):
        at = NOON + timedelta(days=day)
        rows = [row(next(numbers), at) for _ in range(began)]
        # One after the other: a list from which all are gone at once would not be believed.
        lists += [(at + timedelta(minutes=20 * gone), rows[gone:]) for gone in range(6)]
    path = tmp_path / "lists.jsonl"
    path.write_text("".join(json.dumps({"at": at.isoformat(), "body": json.dumps(rows)}) + "\n" for at, rows in lists))
    return path


def test_the_days_with_most_outages_are_picked_and_the_cut_off_ones_never(file: Path) -> None:
    assert stormiest(file, 1, ZONE) == (date(2023, 5, 3), 3)
    # Of equals the earlier.
    assert stormiest(file, 2, ZONE) == (date(2023, 5, 2), 4)


def test_more_days_than_the_lists_span_are_refused(file: Path) -> None:
    with pytest.raises(Refused, match="give --days 3 or fewer"):
        stormiest(file, 4, ZONE)


def test_the_stormiest_day_is_told_tabled_and_audited(file: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    folder = tmp_path / "feed"
    command = [sys.executable, "-m", "outagectl", "demo", "--feed", str(file), "--days", "1", "--data", str(folder)]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    said = " ".join(ended.stdout.split())
    for words in (
        "3 outages begin in these days",
        "Wed 3 May 2023",
        "12:00–15:00 3 outages began, 3 ended",
        "largest: bchydro-5, Hope, 105 customers, tree down across our wires",
        "The largest outages",
        "checks passed",
    ):
        assert words in said, words
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (report["outages"], report["stillOpen"], report["audit"]["passed"]) == (3, 0, True)
