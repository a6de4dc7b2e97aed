"""The public board in a whole system: what dispatch says is public within seconds, and the promise rests on that it can be read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from bench.board.visible import seconds_until_public
from devstack.system import System
from services.kernel.clock import SystemClock
from services.policy import policy_path
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import EXTENT, Dispatch, fact
from tests.kits.system.quick import Quick
from tests.kits.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

PATIENCE_SECONDS = 60.0
"""Of a test beside others; how soon it is on a quiet machine is measured by `python -m bench.board.visible`."""

WORK, FAULT = "DJ-P-BOARD", "DJ-F-BOARD"


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """A system whose policy counts the public as told by the board, and by nothing else."""
    for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE", "OUTAGE_VAULT_KEY"):
        monkeypatch.delenv(name, raising=False)
    text = policy_path("cn-service-standard").read_text(encoding="utf-8")
    changed, times = re.subn(r'(?m)^counted_by = \["published"\]', 'counted_by = ["board"]', text)
    assert times == 1
    policy = tmp_path / "policy.toml"
    policy.write_text(changed, encoding="utf-8")
    monkeypatch.setenv("OUTAGE_POLICY", str(policy))
    async with Quick(tmp_path / "data", board=True, environment={"OUTAGE_POLICY": str(policy)}) as made:
        yield made


@pytest.fixture
def ctl(system: System) -> Ctl:
    return Ctl().on(system.folder)


async def page(system: System, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{system.board_url}{path}") as answer:
        return answer.status, await answer.text()


async def test_from_dispatch_to_the_public_and_back_as_proof(system: System, ctl: Ctl, tmp_path: Path) -> None:
    dispatch, now = Dispatch(ctl, tmp_path), SystemClock().now()
    start = (now + timedelta(days=12)).replace(microsecond=0)
    period = {"start": start.isoformat(), "end": (start + timedelta(hours=8)).isoformat()}
    extent = {**EXTENT, "usagePoints": ["DJ-UP-104233"], "nominalVoltage": 10.0}
    words = {"revisionNumber": 1, "outageClass": "planned", "plannedPeriod": period, "requestedBy": "调度二班"}
    asked = fact(
        "planned.requested.v1", "plan", mRID=WORK, **words, extent=extent, requestedAt="now", reason="更换开关"
    )
    began = fact(
        "outage.started.v1", "off", mRID=FAULT, outageClass="fault", startedAt="now", extent={**EXTENT, "customersAffected": 40}
    )  # fmt: skip

    await dispatch.says(asked, began)

    async def shown() -> bool:
        status, text = await page(system, f"/n/{WORK}")
        return status == 200 and "更换开关" in text

    async def off() -> bool:
        return "停电中" in (await page(system, f"/off?q={quote('中山路一带')}"))[1]

    await until(shown, PATIENCE_SECONDS, "the notice to be public")
    await until(off, PATIENCE_SECONDS, "the outage to be found by whoever asks for their street")

    notice = (await page(system, f"/n/{WORK}"))[1]
    assert "10千伏城东线" in notice
    assert "中山路一带" in notice
    assert "requestedBy" not in notice
    assert "调度二班" not in notice, "who asked for it is nobody's business"
    assert "DJ-UP-104233" not in notice
    assert f"/o/{FAULT}" in (await page(system, "/now"))[1]

    # Read by its public address, and told to the planner by the gateway: only now was the public told.
    seen: list[dict[str, str]] = []

    async def kept() -> bool:
        promises = await ctl.json("promises", "--outage", WORK, "--json")
        seen[:] = [one for one in promises if one["ruleId"] == "cn.planned.public-notice"]
        return [one["state"] for one in seen] == ["kept"]

    await until(kept, PATIENCE_SECONDS, "the promise to tell the public to be kept by what the board showed")
    story = (await ctl.said("show", "outage", WORK)).out
    assert "board" in story

    static, utility = tmp_path / "static", str(system.folder / "board.toml")
    code, said = await ctl.run("board", "render", "--out", str(static), "--utility", utility)
    assert code == 0, said
    assert "更换开关" in (static / "n" / WORK / "index.html").read_text(encoding="utf-8")
    assert (static / "feeds" / "notices.atom").exists()

    async with aiohttp.ClientSession() as session:
        assert await seconds_until_public(system, session, 1) > 0, "the bench finds its own fact"
