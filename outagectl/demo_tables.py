"""What the demo's days came to: tables for people, and the same figures for report.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from outagectl.database import Connection
from outagectl.say import count, table
from outagectl.story import News, Story
from outagectl.story_words import BookTimes, during, places

LIVE = "select view::text as view from live where stream_id like 'outage/%' order by stream_id"
TEXTS = (
    "select trigger, state, count(*) as n, min(requested_at) as first from notification group by 1, 2 order by 4, 1, 2"
)


@dataclass(slots=True)
class Outcome:
    """The end of the play, read from the live views of all services."""

    outages: list[dict[str, Any]]
    promises: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    """Rows: trigger, state, n."""

    def report(self, news: News) -> dict[str, Any]:
        """These parts of report.json."""
        held = Counter(text.message_id for text in news.texts)
        return {
            "outages": self.outages,
            "promises": self.promises,
            "promisesByVerdict": dict(Counter(str(one["verdict"]) for one in self.promises)),
            "messagesByState": _sums(self.texts, "state"),
            "messagesByTrigger": _sums(self.texts, "trigger"),
            "handsets": {
                "numbers": len({text.to for text in news.texts}),
                "texts": len(news.texts),
                "doubled": sum(times > 1 for times in held.values()),
            },
            "setAside": [
                {"service": one.service, "event": one.named, "reason": one.reason, "detail": one.detail}
                for one in news.set_aside
            ],
        }


def _sums(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[name]] += row["n"]
    return dict(sums)


async def outcome(logs: Mapping[str, Connection], news: News) -> Outcome:
    """Read the live views; the planner's plans and the restorer's outages are joined by mRID."""
    plans = {view["mRID"]: view for view in await _views(logs["planner"])}
    supply = {view["mRID"]: view for view in await _views(logs["restorer"])}
    rejected = {e.data["mRID"]: e.data for e in news.entries if e.type == "plan.rejected.v1"}
    asked = {e.data["mRID"]: e.data for e in news.entries if e.type == "planned.requested.v1"}
    outages = [
        _outage(mrid, plans.get(mrid), supply.get(mrid), asked.get(mrid), rejected.get(mrid))
        for mrid in sorted({*plans, *supply}, key=lambda one: _began(one, news))
    ]
    promises = [_promise(mrid, one) for mrid, view in supply.items() for one in view["promises"]]
    sources = {e.data["promiseId"]: e.data["rule"].get("source") for e in news.entries if e.type == "promise.made.v1"}
    for one in promises:
        one["source"] = sources.get(one["promiseId"])
    return Outcome(
        outages,
        sorted(promises, key=lambda one: str(one["dueAt"])),
        [dict(row) for row in await logs["notifier"].fetch(TEXTS)],
    )


def _began(mrid: str, news: News) -> tuple[str, str]:
    first = min((e.at for e in news.entries if e.data.get("mRID") == mrid), default=None)
    return (first.isoformat() if first else "", mrid)


async def _views(connection: Connection) -> list[dict[str, Any]]:
    return [msgspec.json.decode(row["view"]) for row in await connection.fetch(LIVE)]


def _outage(
    mrid: str,
    plan: Mapping[str, Any] | None,
    supply: Mapping[str, Any] | None,
    asked: Mapping[str, Any] | None,
    rejected: Mapping[str, Any] | None,
) -> dict[str, Any]:
    plan, supply, asked = plan or {}, supply or {}, asked or {}
    notice = plan.get("notice") or {}
    return {
        "mRID": mrid,
        "outageClass": supply.get("outageClass") or asked.get("outageClass"),
        "status": supply.get("status") or plan.get("standing"),
        "places": places(supply.get("extent") or asked.get("extent")),
        "startedAt": supply.get("startedAt"),
        "restoredAt": supply.get("restoredAt"),
        "plannedPeriod": asked.get("plannedPeriod"),
        "noticeId": notice.get("noticeId"),
        "noticePublishedAt": notice.get("publishedAt"),
        "rejectedFor": list(rejected["reasons"]) if rejected else [],
        "earliestLawfulStart": rejected.get("earliestLawfulStart") if rejected else None,
    }


def _promise(mrid: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mRID": mrid,
        "promiseId": one["promiseId"],
        "ruleId": one["ruleId"],
        "dueAt": one["dueAt"],
        "verdict": one["state"],
        "reason": one.get("reason"),
    }


def print_tables(out: Console, end: Outcome, news: News, story: Story, times: BookTimes) -> None:
    """Outages, promises, texts, and what each phone holds."""
    t = ShortTimes(times.zone, times.name)
    for made in (
        _outages(end, t),
        _promises(end, t),
        table(
            "Texts by occasion and state",
            ("occasion", "state", "texts"),
            [(r["trigger"], r["state"], r["n"]) for r in end.texts],
        ),
        _phones(news, story, t),
    ):
        out.print()
        out.print(made)


@dataclass(frozen=True, slots=True)
class ShortTimes(BookTimes):
    """Instants as a table writes them: `5 Mar 02:14`."""

    def at(self, instant: datetime | None) -> str:
        """The time, with its day where that is another one."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == self.today else f"{local.day} {local:%b} {local:%H:%M}"


def _outages(end: Outcome, t: BookTimes) -> Table:
    rows = []
    for one in end.outages:
        notice = t.text(one["noticePublishedAt"])
        if one["rejectedFor"]:
            lawful = f", lawful from {t.text(one['earliestLawfulStart'])}" if one["earliestLawfulStart"] else ""
            notice = f"{one['rejectedFor'][0]}{lawful}"
        planned = during(one["plannedPeriod"], t) if one["plannedPeriod"] else "–"
        off, back = t.text(one["startedAt"]), t.text(one["restoredAt"])
        rows.append((one["mRID"], one["outageClass"], one["places"], one["status"], planned, notice, off, back))
    return table("Outages", ("outage", "class", "where", "status", "planned", "notice", "off", "back"), rows)


def _promises(end: Outcome, t: BookTimes) -> Table:
    rows = [
        (one["mRID"], f"{one['ruleId']} ({one['source']})", t.text(one["dueAt"]), one["verdict"], one["reason"])
        for one in end.promises
    ]
    return table("Promises", ("outage", "rule", "due", "verdict", "why"), rows)


def _phones(news: News, story: Story, t: BookTimes) -> Table:
    rows = []
    for number in sorted({text.to for text in news.texts}):
        held = [text for text in news.texts if text.to == number]
        listed = "\n".join(f"{t.at(text.at)}  {story.occasion(text)}" for text in held)
        rows.append((number, story.whose(held[0]), count(len(held), "text"), listed))
    return table("What each phone holds", ("phone", "whose", "texts", "received"), rows)
