"""The hotline's answer where a meter or a customer denies that power is back, and what meters say at all."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from operations.lookup.meters import KnownMeter
from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult, TouchingOutage
from operations.lookup.views import SupplyView
from operations.times import Times
from outagectl.commands.explain.chinese import sentences
from outagectl.commands.explain.command import power
from outagectl.commands.explain.english import answer
from tests.kits.kernel.toy import START

NOW = START
ZONE = ZoneInfo("Asia/Shanghai")
POINT = NamedThing("usagePoint", "UP-1", frozenset({("usagePoint", "up-1")}))


def over(**changes: Any) -> SupplyView:
    made = {"status": "restored", "outageClass": "fault", "extent": {"lines": ["10千伏城东线"]}}
    times = {
        "startedAt": (NOW - timedelta(hours=2)).isoformat(),
        "restoredAt": (NOW - timedelta(minutes=15)).isoformat(),
    }
    return msgspec.convert(
        {**made, **times, "evidence": {"denied": ["UP-1"], "deniedPoints": 1}, **changes}, SupplyView
    )


def found(*hits: TouchingOutage, **changes: Any) -> LookupResult:
    return LookupResult("UP-1", NOW, [POINT], list(hits), **changes)


def said(one: LookupResult) -> str:
    return "\n".join(line.text for line in answer(one, Times(ZONE, "Asia/Shanghai")))


def test_where_a_meter_denies_that_power_is_back_the_agent_asks_instead_of_saying_so() -> None:
    hit = TouchingOutage("F-1", (), over(), denied=True)
    meters = [KnownMeter("UP-1", energised=False, read_at=NOW - timedelta(minutes=3))]
    one = found(hit, meters=meters)
    assert power(one) == "said-to-be-back-and-denied"
    assert "A METER OR A CUSTOMER SAYS THAT IT IS NOT" in said(one)
    assert "UP-1: has NO power, read" in said(one)
    assert "可能仍无电" in "".join(sentences(one, ZONE))
    elsewhere = TouchingOutage("F-1", (), over())
    assert "at 1 other usage point meters or customers say that power is not back" in said(found(elsewhere))
    assert power(found(elsewhere)) == "no-outage-known"


def test_a_meter_at_fault_is_no_outage_and_a_wrong_clock_is_named() -> None:
    at_fault = KnownMeter("UP-1", energised=False, read_at=NOW, fault="M-1", fault_since=NOW - timedelta(hours=2))
    ahead = KnownMeter("UP-2", odd_at=NOW + timedelta(hours=8))
    text = said(found(meters=[at_fault, ahead]))
    assert "UP-1: at fault since" in text
    assert "UP-1: has" not in text
    assert "UP-2: its clock runs ahead" in text
