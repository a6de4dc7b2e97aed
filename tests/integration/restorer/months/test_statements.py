"""A statement from its month to its proof, by the command line: published, overtaken, corrected, verified offline."""

import hashlib
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from operations.audit.report import Report
from operations.fulfilment.audit import audit_months
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted, SupplyRestored
from tests.kits.ctl import Ctl
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
LINE = Extent(lines=("east",))
SEEN = NOW - timedelta(hours=3)
CREW = "cn.fault.crew-45min"


async def faults(room: Room) -> None:
    """Three in the city: a crew in time, one late, one that nobody recorded; the third is over before any came."""
    for mrid, after in (("A", 30), ("B", 60), ("C", None)):
        await room.say_all(
            FaultReported(mrid=mrid, report_id=f"R-{mrid}", reported_at=SEEN, extent=LINE),
            OutageStarted(mrid=mrid, outage_class="fault", started_at=SEEN, extent=LINE),
        )
        if after is None:
            await room.fires(mrid, f"promise/{mrid}/{CREW}/1/due")
        else:
            await crew(room, mrid, after)
        await room.say(SupplyRestored(mrid=mrid, restored_at=SEEN + timedelta(hours=2)))


async def crew(room: Room, mrid: str, minutes: int) -> None:
    await room.say(CrewStatus(mrid=mrid, crew_status="arrived", at=SEEN + timedelta(minutes=minutes)))


async def slow_count(room: Room) -> Counter[tuple[str, str]]:
    """By rule and standing, from the log alone: the last word on each promise, in the order of the log."""
    stands: dict[str, tuple[str, str]] = {}
    rows = await room.pool.fetch("select type, data from event where type like 'promise.%' order by position")
    for row in rows:
        said = json.loads(row["data"])
        name = row["type"].removeprefix("promise.").removesuffix(".v1")
        standing = {"made": "open", "corrected": said.get("now")}.get(name, name)
        if name != "at-risk" and said["dueAt"] < "2026-03-31T16":
            stands[said["promiseId"]] = said["rule"]["ruleId"], standing
    return Counter(stands.values())


async def test_published_overtaken_corrected_and_verified_by_somebody_without_the_database(
    restorer_room: Room, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room = restorer_room
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
    monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    await faults(room)
    assert (await ctl.said("fulfilment", "show", "2026-3")).code == 2
    assert (await ctl.said("fulfilment", "show", "2025-12")).code == 3
    refused = await ctl.said("fulfilment", "publish", "2099-01", "--by", "chen", "--yes")
    assert (refused.code, "month-not-over" in refused.err) == (1, True)
    code, out = await ctl.run("fulfilment", "publish", "2026-03", "--by", "Director Wang", "--yes")
    assert (code, "2026-03/1 is published" in out) == (0, True), out
    told = await ctl.json("fulfilment", "show", "2026-03", "--json")
    said = told["statement"]
    rows = {row["rule"]["ruleId"]: row for row in said["rows"]}
    counted = await slow_count(room)
    for name, row in rows.items():
        for standing in ("kept", "broken", "voided"):
            assert row[standing] == counted[name, standing], (name, standing)
    assert (rows[CREW]["made"], rows[CREW]["kept"], rows[CREW]["broken"]) == (3, 1, 2)
    assert rows["cn.fault.crew-average-urban"]["figure"] == 45.0
    assert said["approvedBy"] == "Director Wang"
    lines = (await ctl.said("fulfilment", "cases", "2026-03", "--lines")).out
    assert hashlib.sha256(lines.encode()).hexdigest() == said["casesDigest"]
    of_rule = (await ctl.said("fulfilment", "cases", "2026-03", "--rule", CREW, "--lines")).out
    assert hashlib.sha256(of_rule.encode()).hexdigest() == rows[CREW]["digest"]
    assert (await ctl.said("fulfilment", "cases", "2026-03", "--rule", "cn.no-such")).code == 3
    code, out = await ctl.run("fulfilment", "publish", "2026-03", "--by", "Director Wang", "--yes")
    assert (code, "Nothing has changed: 2026-03/1 stands" in out) == (0, True), out

    await crew(room, "C", 20)
    code, out = await ctl.run("fulfilment", "show", "2026-03")
    assert code == 0
    assert "Late facts have changed" in out
    assert f"{CREW}: kept 1 → 2" in out
    assert "Not measured, and so never counted as kept: " in out
    code, out = await ctl.run("fulfilment", "publish", "2026-03", "--by", "Director Wang", "--yes")
    assert (code, "2026-03/2 is published as a correction" in out) == (0, True), out
    code, out = await ctl.run("fulfilment", "cases", "2026-03", "--statement", "2026-03/1")
    assert (code, "restorer C/cn.fault.crew-45min/1" in out) == (0, True)
    frozen = await ctl.json("fulfilment", "cases", "2026-03", "--statement", "2026-03/1", "--rule", CREW, "--json")
    assert Counter(case[10] for case in frozen) == {"kept": 1, "broken": 2}
    listed = (await ctl.said("fulfilment", "show")).out
    assert "published as 2026-03/2" in listed

    await ctl.said("heads", "key", "new", "heads.pem")
    for number in (1, 2):
        code, out = await ctl.run(
            "evidence", "statement", f"2026-03/{number}", "--sign-now", "--key", "heads.pem", "--out", f"{number}.json"
        )
        assert (code, "all under signed heads" in out) == (0, True), out
        monkeypatch.setenv("OUTAGE_POSTGRES", "postgresql://nobody@127.0.0.1:1/none")
        code, out = await ctl.run("evidence", "verify", f"{number}.json", "--key", "heads.pem.pub")
        assert (code, "Statement 2026-03/" in out) == (0, True), out
        monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
    assert (await ctl.said("evidence", "statement", "2026-03/9")).code == 3
    areas = await ctl.json("fulfilment", "areas", "2026-03", "--json")
    assert [(one["area"], one["kept"], one["broken"]) for one in areas] == [(None, 2, 1)]
    assert await audited(room) == []
    await room.pool.execute("update promise_case set standing = 'kept' where promise_id like 'B/cn.fault.crew-45min/%'")
    await room.pool.execute(
        "update frozen_case set line = '[]' where name like 'A %'"
        " and cases_id = (select cases_id from statement where statement_id = '2026-03/1')"
    )
    assert len(await audited(room)) == 2, "what somebody changed is found"


async def audited(room: Room) -> list[str]:
    report = Report()
    async with room.pool.acquire() as connection:
        await audit_months(connection, report)
    return [fault for check in report.checks for fault in check.faults]
