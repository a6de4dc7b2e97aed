"""Enquiries why power is off on a real PostgreSQL: streams of their own, by what the outage is known to be, shown and counted."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import EnquiryAsked, EnquiryExplained, EnquiryReceived, OutageStarted
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from tests.kits.ctl import Ctl
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room, worker

__all__ = ["restorer_room"]
MINUTE = timedelta(minutes=1)
FAULT = "cn.fault.explanation"
WHERE = Extent(lines=("10千伏城东线",))


def asked(name: str, ago: int = 5, outage: str | None = "F-1") -> EnquiryAsked:
    return EnquiryAsked(enquiry_id=name, outage=outage, received_at=NOW - ago * MINUTE, subject="为什么停电")


def explained(name: str, ago: int) -> EnquiryExplained:
    return EnquiryExplained(enquiry_id=name, answered_at=NOW - ago * MINUTE, answered_by="坐席17")


def in_ten_minutes() -> Restorer:
    """The restorer under a policy that names a time to explain faults in."""
    policy = load_policy(policy_path("cn-service-standard"))
    rule = replace(
        policy.rules[FAULT],
        amount=Decimal(10),
        unit="minutes",
        measure_from="enquiry-received",
        measure_to="enquiry-answered",
    )
    return Restorer(replace(policy, rules={**policy.rules, FAULT: rule}), WorkingCalendar("CN", "Asia/Shanghai"))


async def seen(room: Room, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        await room.pool.fetchval("select view from live where stream_id = $1", f"enquiry/{name}")
    )
    return found


async def test_a_thousand_who_ask_about_one_outage_leave_its_stream_as_it_was(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=NOW - 30 * MINUTE, extent=WHERE))
    before = await room.pool.fetchrow("select version, weight from stream where stream_id = 'outage/F-1'")
    await room.say_all(*(asked(f"E-{number}") for number in range(1_000)))
    assert await room.pool.fetchrow("select version, weight from stream where stream_id = 'outage/F-1'") == before
    assert await room.pool.fetchval("select count(*) from stream where stream_id like 'enquiry/%'") == 1_000
    assert await room.pool.fetchval("select count(*) from timer where stream_id like 'enquiry/%'") == 0
    # The first version goes on being counted with its outage.
    await room.say(EnquiryReceived(mrid="F-1", enquiry_id="E-old", received_at=NOW))
    assert (await room.view("F-1"))["enquiries"] == {"received": 1, "answered": 0}


async def test_where_a_rule_names_a_time_it_is_promised_counted_published_and_shown(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl
) -> None:
    room = restorer_room
    room.workers[0] = await worker(in_ten_minutes(), room.pool, room.clock)
    await room.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=NOW - 30 * MINUTE, extent=WHERE))
    await room.say(OutageStarted(mrid="P-1", outage_class="planned", started_at=NOW - 30 * MINUTE, extent=WHERE))
    await room.say_all(asked("kept"), asked("unknown", outage="F-9"), asked("work", outage="P-1"), asked("late", 40))
    await room.say_all(explained("kept", 1), explained("late", 20))
    found = {name: await seen(room, name) for name in ("kept", "unknown", "work", "late")}
    assert {name: [one["state"] for one in view["promises"]] for name, view in found.items()} == {
        "kept": ["kept"],
        "unknown": ["open"],
        "work": [],
        "late": ["broken"],
    }
    assert {name: view["outageClass"] for name, view in found.items()} == {
        "kept": "fault", "unknown": "fault", "work": "planned", "late": "fault",
    }  # fmt: skip
    rows = await room.pool.fetch("select aggregateid, payload from outbox where type = 'promise.kept.v1'")
    assert [row["aggregateid"] for row in rows] == ["kept"]
    assert json.loads(rows[0]["payload"])["enquiryId"] == "kept"
    cases = await room.pool.fetch("select stream_id, standing from promise_case where rule_id = $1 order by 1", FAULT)
    assert [tuple(row) for row in cases] == [
        ("enquiry/kept", "kept"),
        ("enquiry/late", "broken"),
        ("enquiry/unknown", "open"),
    ]
    assert await room.pool.fetchval("select count(*) from promise_alarm") == 0, (
        "no task for each who is on the telephone"
    )
    monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
    monkeypatch.chdir(tmp_path)
    shown = (await ctl.said("show", "enquiry", "late")).out
    assert "Somebody asks why power is off" in shown
    assert "of outage F-1" in shown or "F-1" in shown
    assert "Why is explained by 坐席17" in shown
    assert FAULT in shown
    assert "为什么" not in shown
