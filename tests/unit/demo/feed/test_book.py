"""A feed's days told every few hours: what is counted, and what is named."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console

from demo.feed.book import OWN, FeedBook, PeriodSummary, _texts
from demo.feed.folder import ImportJob, begun
from operations.history.decoding import decoded
from schemas.contracts.dispatch import OutageStarted

ZONE = ZoneInfo("America/Vancouver")
JOB = ImportJob(file="lists.jsonl", digest="", since=None, until=None)


class Log:
    """One service's log as far as the book asks it."""

    def __init__(self) -> None:
        self.events: list[tuple[datetime, str, dict[str, Any]]] = []

    async def fetch(
        self, _: str, first: int, types: Sequence[str] = (), before: datetime | None = None
    ) -> list[dict[str, Any]]:
        return [
            {"position": position, "type": kind, "data": msgspec.json.encode(data)}
            for position, (at, kind, data) in enumerate(self.events, 1)
            if position > first and kind in types and before is not None and at < before
        ]


def started(mrid: str, customers: int) -> tuple[str, dict[str, Any]]:
    extent = {"areas": ["Hope"], "customersAffected": customers}
    return "outage.started.v1", {"mRID": mrid, "extent": extent, "cause": "Tree down", "ert": "2023-05-03T22:30:00Z"}


async def told(times: Sequence[datetime], logs: dict[str, Log], during: dict[datetime, Any]) -> str:
    out = StringIO()
    book = FeedBook(Console(file=out, width=100, highlight=False), ZONE)
    state = begun(JOB, _Feed())  # type: ignore[arg-type]
    book.begin(state, logs)  # type: ignore[arg-type]
    for at in times:
        for name, event in during.get(at, ()):
            logs[name].events.append((at, *event))
        await book.at(state, at)
    await book.end()
    return out.getvalue()


class _Feed:
    def dump(self) -> bytes:
        return b"{}"


async def test_hours_are_told_once_they_are_over_and_each_event_counts_in_its_own() -> None:
    logs = {name: Log() for name in OWN}
    ten, eleven, one = (datetime(2023, 5, 3, 17 + n, tzinfo=UTC) for n in (0, 1, 3))
    during = {
        ten: [("restorer", started("F1", 20)), ("notifier", ("message.requested.v1", {"trigger": "fault"}))],
        eleven: [("restorer", ("promise.broken.v1", {}))],
        one: [("restorer", ("restoration.confirmed.v1", {"mRID": "F1"}))],
    }
    said = await told([ten, eleven, one], logs, during)
    morning, noon = said.index("09:00–12:00"), said.index("12:00–15:00")
    assert said.index("Wed 3 May 2023") < morning < noon
    assert "1 outage began, 0 ended; 1 text (1 fault); promises 1 broken" in said[morning:noon]
    assert "largest: F1, Hope, 20 customers, tree down, expected back Wed 15:30" in said[morning:noon]
    assert "0 outages began, 1 ended; no texts" in said[noon:]


def test_the_largest_outage_is_the_first_by_name_among_equals() -> None:
    began = [decoded(*started(mrid, customers)) for mrid, customers in (("F2", 7), ("F1", 7), ("F0", 3))]
    hours = PeriodSummary(began=[one for one in began if isinstance(one, OutageStarted)])
    assert hours.largest is not None
    assert hours.largest.mrid == "F1"
    assert PeriodSummary().largest is None


def test_the_commonest_texts_are_named_and_the_rest_is_hinted_at() -> None:
    texts = Counter({"fault": 5, "restored": 4, "ert-overdue": 4, "ert-changed": 2, "correction": 1})
    assert _texts(texts) == "16 texts (5 fault, 4 ert-overdue, 4 restored, 2 ert-changed, …)"
