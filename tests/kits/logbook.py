"""Make a log book in memory: entries of the services' logs, and the lines that they become."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.registry.entry import RegistryEntry
from demo.logbook.news import News, SetAside
from demo.logbook.story import Story
from demo.logbook.times import BookTimes, Line
from devstack.twilio.kept.phones import Received
from operations.history.history import HistoryEntry
from schemas.contracts.customers import CustomerUpserted

ZONE = ZoneInfo("Asia/Shanghai")


NIGHT = datetime(2026, 3, 5, 2, 14, tzinfo=ZONE)


TIMES = BookTimes(ZONE, "Asia/Shanghai")


HOSPITAL, WORKS = "DJ-0001", "DJ-0002"


def registered(customer_id: str, name: str) -> RegistryEntry:
    customer = CustomerUpserted(customer_id=customer_id, name=name, importance="first", updated_at=NIGHT)
    return RegistryEntry(customer, {})


def a_story() -> Story:
    registry = [registered(HOSPITAL, "人民医院"), registered(WORKS, "电子厂")]
    return Story(TIMES, registry, {HOSPITAL: "the hospital", "树枝": "a branch"})


def entry(
    kind: str, data: dict[str, Any], *, service: str = "restorer", at: datetime = NIGHT, **more: Any
) -> HistoryEntry:
    fields: dict[str, Any] = {
        "stream_id": "outage/F1",
        "version": 1,
        "event_id": "e",
        "reason": "because",
        "cause": "/dispatch/1",
        "chain": "",
        "position": 1,
    }
    return HistoryEntry(at=at, service=service, type=kind, data=data, **{**fields, **more})


def promise(kind: str, rule_id: str, **data: Any) -> HistoryEntry:
    due = (NIGHT + timedelta(hours=24)).isoformat()
    common = {"promiseId": f"F1/{rule_id}", "rule": {"ruleId": rule_id, "source": "第2篇"}, "dueAt": due}
    return entry(f"promise.{kind}.v1", {**common, **data})


def asked(message_id: str, customer_id: str) -> HistoryEntry:
    data = {
        "messageId": message_id,
        "customerId": customer_id,
        "trigger": "fault",
        "language": "zh-CN",
        "mrids": ["F1"],
        "reason": "power-is-off",
    }
    return entry("message.requested.v1", data, service="notifier", stream_id=f"customer/{customer_id}")


def text(message_id: str, number: str) -> Received:
    return Received(
        to=number,
        sender="+15005550006",
        body=f"停电 {message_id}",
        sid=message_id,
        at=NIGHT,
        wall=NIGHT,
        message_id=message_id,
    )


def told(*entries: HistoryEntry, texts: tuple[Received, ...] = (), aside: tuple[SetAside, ...] = ()) -> list[Line]:
    return a_story().lines(News(list(entries), list(texts), list(aside)))
