"""What the demo's days came to: tables for people, and the same figures for report.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from demo.logbook.news import News
from demo.logbook.story import Story
from demo.logbook.times import BookTimes
from devstack.twilio.kept.phones import Received
from operations.history.history import HistoryEntry
from operations.system.database import Connection
from outagectl.terminal.say import table
from outagectl.words.parts import places
from services.kernel.values.zones import mark

LIVE = "select view::text as view from live where stream_id like 'outage/%' order by stream_id"
TEXTS = (
    "select trigger, state, count(*) as n, min(requested_at) as first from notification group by 1, 2 order by 4, 1, 2"
)
VERDICTS = frozenset({"promise.kept", "promise.broken", "promise.voided", "promise.corrected"})


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
    asked = {e.data["mRID"]: e.data for e in news.entries if e.type in ("planned.requested.v1", "planned.amended.v1")}
    withdrawn = {e.data["mRID"]: e.data["withdrawnAt"] for e in news.entries if e.type == "notice.withdrawn.v1"}
    outages = [
        {
            **_outage(mrid, plans.get(mrid), supply.get(mrid), asked.get(mrid), rejected.get(mrid)),
            "withdrawnAt": withdrawn.get(mrid),
        }
        for mrid in sorted({*plans, *supply}, key=lambda one: _began(one, news))
    ]
    return Outcome(
        outages,
        promises_of(news.entries),
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
        # The restorer also hears of work by its notice: until power is off it knows nothing of the supply.
        "status": plan.get("standing") if supply.get("status", "unknown") == "unknown" else supply["status"],
        "places": places(supply.get("extent") or asked.get("extent")),
        "startedAt": supply.get("startedAt"),
        "restoredAt": supply.get("restoredAt"),
        "plannedPeriod": asked.get("plannedPeriod"),
        "noticeId": notice.get("noticeId"),
        "noticePublishedAt": notice.get("publishedAt"),
        "rejectedFor": list(rejected["reasons"]) if rejected else [],
        "earliestLawfulStart": rejected.get("earliestLawfulStart") if rejected else None,
    }


def promises_of(entries: Iterable[HistoryEntry]) -> list[dict[str, Any]]:
    """Every promise made by any service, by its deadline, with its latest verdict (`open` where there is none)."""
    made: dict[str, dict[str, Any]] = {}
    for entry in sorted(entries, key=lambda one: (one.at, one.stream_id, one.version)):
        kind, data = entry.type.removesuffix(".v1"), entry.data
        if kind == "promise.made":
            made[data["promiseId"]] = {
                "mRID": data.get("mRID"),
                "promiseId": data["promiseId"],
                "service": entry.service,
                "ruleId": data["rule"]["ruleId"],
                "source": data["rule"].get("source"),
                "dueAt": data["dueAt"],
                "verdict": "open",
                "reason": None,
            }
        elif kind in VERDICTS and data["promiseId"] in made:
            made[data["promiseId"]].update(verdict=data.get("now", kind.partition(".")[2]), reason=data["reason"])
    return sorted(made.values(), key=lambda one: (str(one["dueAt"]), str(one["promiseId"])))


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

    def at(self, instant: datetime | None, *beside: datetime) -> str:
        """The time, with its day where that is another one."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        clock = f"{local:%H:%M} {mark(instant, self.zone, *beside)}".rstrip()
        return clock if local.date() == self.today else f"{local.day} {local:%b} {clock}"

    def on(self, instant: datetime) -> ShortTimes:
        """The table's cell, begun at the day of `instant`."""
        return ShortTimes(self.zone, self.name, instant.astimezone(self.zone).date())


def _outages(end: Outcome, t: BookTimes) -> Table:
    rows = []
    for one in end.outages:
        planned = one["plannedPeriod"] or {}
        cells = (f"{one['outageClass']}\n{one['status']}", one["places"].partition(", ")[0])
        rows.append(
            (
                one["mRID"],
                *cells,
                _from_to(planned.get("start"), planned.get("end"), t),
                _notice(one, t),
                _from_to(one["startedAt"], one["restoredAt"], t),
            )
        )
    return table("Outages", ("outage", "what", "where", "planned for", "notice", "power was off"), rows)


def _from_to(start: str | None, end: str | None, t: BookTimes) -> str:
    if not start:
        return "–"
    return f"{t.text(start)}–{t.on(datetime.fromisoformat(start)).text(end)}" if end else f"{t.text(start)} on"


def _notice(one: Mapping[str, Any], t: BookTimes) -> str:
    if one["noticeId"]:
        return f"{one['noticeId']}\nof {t.text(one['noticePublishedAt'])}"
    refused = [str(one["rejectedFor"][0])] if one["rejectedFor"] else []
    lawful = [f"lawful from\n{_with_year(one, t)}"] if one["earliestLawfulStart"] else []
    withdrawn = [f"withdrawn\n{t.text(one['withdrawnAt'])}"] if one["withdrawnAt"] else []
    return "\n".join((*refused, *lawful, *withdrawn)) or "–"


def _promises(end: Outcome, t: BookTimes) -> Table:
    rows = [(one["mRID"], one["ruleId"], one["source"], t.text(one["dueAt"]), one["verdict"]) for one in end.promises]
    return table("Promises", ("outage", "rule", "source", "due", "verdict"), rows)


def _phones(news: News, story: Story, t: BookTimes) -> Table:
    rows = []
    for number in sorted({text.to for text in news.texts}):
        held = sorted((text for text in news.texts if text.to == number), key=lambda one: (one.at, story.occasion(one)))
        days = [list(group) for _, group in groupby(held, key=lambda one: one.at.astimezone(t.zone).date())]
        listed = "\n".join(_of_a_day(day, story, t) for day in days)
        rows.append((number, story.whose(held[0]), len(held), listed))
    return table("What each phone holds", ("phone", "whose", "texts", "received"), rows)


def _with_year(one: Mapping[str, Any], t: BookTimes) -> str:
    """The lawful start; with its year where that is not the year asked for."""
    first, asked = (
        datetime.fromisoformat(one["earliestLawfulStart"]),
        datetime.fromisoformat(one["plannedPeriod"]["start"]),
    )
    local = first.astimezone(t.zone)
    return t.at(first) if local.year == asked.astimezone(t.zone).year else f"{local:%-d %b %Y %H:%M}"


def _of_a_day(texts: Sequence[Received], story: Story, t: BookTimes) -> str:
    """`5 Mar 02:14 fault, 03:20 ert-changed`."""
    first, *others = texts
    that_day = t.on(first.at)
    said = [f"{t.at(first.at)} {story.occasion(first)}"]
    return ", ".join([*said, *(f"{that_day.at(one.at)} {story.occasion(one)}" for one in others)])
