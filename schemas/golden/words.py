"""Names and instants that the examples share: one utility, one line, one street, one hospital, two outages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]

DISPATCH = "/dispatch/dongjiang"
CALL_CENTRE = "/callcentre/95598"
BOARD = "/board"
PLANNER = "/outage/planner"
NOTIFIER = "/outage/notifier"
RESTORER = "/outage/restorer"
GATEWAY = "/twilio"
REGISTRY_IMPORT = "/registry/dongjiang"
NETWORK_IMPORT = "/network/dongjiang"
METERING = "/metering/dongjiang"

PLANNED = "DJ-2026-P-0031"
TEMPORARY = "DJ-2026-T-0009"
FAULT = "DJ-2026-F-0118"
CURTAILED = "DJ-2026-C-0002"
MISTAKEN = "DJ-2026-F-0117"
THE_SAME = "DJ-2026-F-0122"
METER_FAULT = "DJ-2026-M-0044"
HOSPITAL = "DJ-KC-0042"
CONTACT = "DJ-KC-0042/1"
LINE = "10千伏城东线"
AREA = "中山路一带"
POINT = "DJ-UP-104233"

EXTENT: Data = {
    "lines": [LINE],
    "areas": [AREA],
    "transformers": ["中山路1号公变", "中山路2号公变"],
    "usagePoints": [POINT, "DJ-UP-104240"],
    "nominalVoltage": 10.0,
    "customersAffected": 1240,
}
PART: Data = {"lines": [LINE], "transformers": ["中山路1号公变"], "usagePoints": [POINT], "customersAffected": 510}
REMAINING: Data = {"lines": [LINE], "transformers": ["中山路2号公变"], "customersAffected": 730}
SHAPE: Data = {
    "type": "Polygon",
    "coordinates": [
        [[114.4021, 23.0871], [114.4096, 23.0874], [114.4093, 23.0915], [114.4024, 23.0911], [114.4021, 23.0871]]
    ],
}
"""Some streets about 中山路."""
NOTICED: Data = {"start": "2026-03-12T08:00:00+08:00", "end": "2026-03-12T17:00:00+08:00"}
MOVED: Data = {"start": "2026-03-20T08:00:00+08:00", "end": "2026-03-20T15:00:00+08:00"}


def rule(rule_id: str, source: str, **more: Any) -> Data:
    """A reference to one rule of the default regime."""
    return {
        "policyId": "cn-service-standard",
        "policyVersion": "2024-06-19.1+3f9a1c20",
        "ruleId": rule_id,
        "calendarVersion": "CN-2026",
        "source": source,
        **more,
    }


NOTICE_RULE = rule("cn.planned.public-notice", "第2篇 第十条(二)10")
RESTORE_RULE = rule("cn.restore.one-working-day", "第2篇 第十条(二)9")
REPAIR_RULE = rule("cn.fault.done-24h", "第5篇 第五条2")


@dataclass(frozen=True, slots=True)
class Example:
    """One fact as it is told: where, by whom, when, and what. The subject follows from the data unless given."""

    type: str
    topic: str
    source: str
    time: str
    data: Data
    subject: str | None = None
