"""What the days of a log book came to: every outage, promise and text, for tables and for report.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from demo.logbook.news import News
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from operations.history.subjects import mrid_of
from operations.lookup.views import NO_SUPPLY, PlanView, SupplyView, View
from operations.system.database import Connection
from outagectl.words.parts import places
from schemas.contracts.base import Extent, OutageClass, Period
from schemas.contracts.dispatch import Fact, PlanBody
from schemas.contracts.notices import NoticeWithdrawn, PlanRejected
from schemas.contracts.promises import Promise, PromiseMade
from services.promises.record import PromiseRecord, after

LIVE = "select stream_id, view::text as view from live where stream_id like 'outage/%' order by stream_id"
TEXTS = (
    "select trigger, state, count(*) as n, min(requested_at) as first from notification group by 1, 2 order by 4, 1, 2"
)
V = TypeVar("V", bound=View)
E = TypeVar("E", bound=Fact)


class OutageRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One outage, joined from what the planner and the restorer show and what the log says."""

    mrid: str = msgspec.field(name="mRID")
    outage_class: OutageClass | None
    status: str | None
    places: str
    started_at: datetime | None
    restored_at: datetime | None
    planned_period: Period | None
    notice_id: str | None
    notice_published_at: datetime | None
    rejected_for: tuple[str, ...]
    earliest_lawful_start: datetime | None
    withdrawn_at: datetime | None


class PromiseOutcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One promise with its latest verdict, `open` where there is none."""

    about: str
    """The outage, complaint or month: by that the promise's id begins where no outage is named."""
    mrid: str | None = msgspec.field(name="mRID")
    promise_id: str
    service: str
    rule_id: str
    source: str | None
    due_at: datetime
    verdict: str = "open"
    reason: str | None = None


@dataclass(slots=True)
class PlayOutcome:
    """The end of the play, read from the live views of all services."""

    outages: list[OutageRow]
    promises: list[PromiseOutcome]
    texts: list[dict[str, Any]]
    """Rows: trigger, state, n."""

    def report(self, news: News) -> dict[str, Any]:
        """These parts of report.json."""
        held = Counter(text.message_id for text in news.texts)
        return {
            "outages": self.outages,
            "promises": self.promises,
            "promisesByVerdict": dict(Counter(one.verdict for one in self.promises)),
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


async def outcome(logs: Mapping[str, Connection], news: News) -> PlayOutcome:
    """Read the live views; the planner's plans and the restorer's outages are joined by mRID."""
    plans = await _views(logs["planner"], PlanView)
    supply = await _views(logs["restorer"], SupplyView)
    events = [(entry, decoded(entry.type, entry.data)) for entry in news.entries]
    facts = [event for _, event in events if isinstance(event, Fact)]
    began: dict[str, datetime] = {}
    for entry, event in events:
        if mrid := mrid_of(event):
            began[mrid] = min(began.get(mrid, entry.at), entry.at)
    asked, rejected, withdrawn = _latest(PlanBody, facts), _latest(PlanRejected, facts), _latest(NoticeWithdrawn, facts)
    outages = [
        _outage(mrid, plans.get(mrid), supply.get(mrid), asked.get(mrid), rejected.get(mrid), withdrawn.get(mrid))
        for mrid in sorted({*plans, *supply}, key=lambda one: (began[one].isoformat() if one in began else "", one))
    ]
    return PlayOutcome(outages, promises_of(news.entries), [dict(row) for row in await logs["notifier"].fetch(TEXTS)])


def _latest(kind: type[E], facts: Iterable[Fact]) -> dict[str, E]:
    """The last fact of a kind, by outage."""
    return {fact.mrid: fact for fact in facts if isinstance(fact, kind)}


async def _views(connection: Connection, kind: type[V]) -> dict[str, V]:
    rows = await connection.fetch(LIVE)
    return {row["stream_id"].partition("/")[2]: msgspec.json.decode(row["view"], type=kind) for row in rows}


def _outage(
    mrid: str,
    plan: PlanView | None,
    supply: SupplyView | None,
    asked: PlanBody | None,
    rejected: PlanRejected | None,
    withdrawn: NoticeWithdrawn | None,
) -> OutageRow:
    supply = supply or NO_SUPPLY
    notice = plan.notice if plan else None
    where = supply.extent if supply.extent and supply.extent != Extent() else asked.extent if asked else None
    return OutageRow(
        mrid=mrid,
        outage_class=supply.outage_class or (asked.outage_class if asked else None),
        # The restorer also hears of work by its notice: until power is off it knows nothing of the supply.
        status=(plan.standing if plan else None) if supply.status == "unknown" else supply.status,
        places=places(where),
        started_at=supply.started_at,
        restored_at=supply.restored_at,
        planned_period=asked.planned_period if asked else None,
        notice_id=notice.notice_id if notice else None,
        notice_published_at=notice.published_at if notice else None,
        rejected_for=rejected.reasons if rejected else (),
        earliest_lawful_start=rejected.earliest_lawful_start if rejected else None,
        withdrawn_at=withdrawn.withdrawn_at if withdrawn else None,
    )


def promises_of(entries: Iterable[HistoryEntry]) -> list[PromiseOutcome]:
    """Every promise about an outage or a notice, by its deadline, with its latest verdict; texts stand for those to customers."""
    records: dict[str, PromiseRecord] = {}
    makers: dict[str, str] = {}
    for entry in sorted(entries, key=lambda one: (one.at, one.stream_id, one.version)):
        event = decoded(entry.type, entry.data)
        if (
            isinstance(event, Promise)
            and event.customer_id is None
            and (record := after(records.get(event.promise_id), event))
        ):
            records[event.promise_id] = record
            if isinstance(event, PromiseMade):
                makers[event.promise_id] = entry.service
    rows = [
        PromiseOutcome(
            about=one.mrid or one.promise_id.partition("/")[0],
            mrid=one.mrid,
            promise_id=one.promise_id,
            service=makers[one.promise_id],
            rule_id=one.rule.rule_id,
            source=one.rule.source,
            due_at=one.due_at,
            verdict=one.standing,
            reason=one.reason,
        )
        for one in records.values()
    ]
    # By its words, as docs/demo.md has them: an instant written in the utility's zone stands behind the same one in UTC.
    return sorted(rows, key=lambda one: (str(one.due_at), one.promise_id))
