"""`outagectl policy` and `outagectl plan check`: what they say of wording, marks and the calendar."""

import json
from pathlib import Path

import pytest

from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from tests.kits.ctl import Ctl

PLANS = Path(__file__).parents[5] / "schemas" / "examples" / "plans"
KNOWN = WorkingCalendar().announced_through or 0


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OUTAGE_POLICY", "OUTAGE_CALENDAR_COUNTRY", "OUTAGE_CALENDAR_FILE", "OUTAGE_ZONE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def friday_off(tmp_path: Path) -> str:
    file = tmp_path / "calendar.toml"
    file.write_text("closures = [2026-03-06]\n", encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("regime", ["cn-service-standard", "gb"])
async def test_every_rule_is_shown_with_source_wording_and_mark(ctl: Ctl, regime: str) -> None:
    code, said = await ctl.run("policy", "show", regime)
    assert code == 0
    for rule in load_policy(policy_path(regime)).rules.values():
        mark = "verified" if rule.verified else "unverified"
        assert f"{rule.id}  {rule.source}  {mark}\n" in said
        assert (rule.wording if rule.wording_mark else f"“{rule.wording}”") in said


async def test_what_was_not_read_never_stands_in_quotation_marks(ctl: Ctl) -> None:
    _, said = await ctl.run("policy", "show", "us-ca-psps")
    assert "(not read) safety partners: 48 to 72 hours before" in said
    assert "“(" not in said
    document = await ctl.json("policy", "show", "cn-service-standard")
    quoted = {rule["id"]: rule["quoted"] for rule in document["rules"]}
    assert (quoted["cn.planned.public-notice"], quoted["cn.restore.24h-2024"]) == (True, False)
    assert all(rule["wording"] and rule["source"] for rule in document["rules"])


async def test_the_calendar_says_through_which_year_it_is_announced(ctl: Ctl) -> None:
    _, said = await ctl.run("policy", "show", "cn-service-standard")
    assert f"announced through {KNOWN}: what is counted over later days is provisional" in said
    _, said = await ctl.run("policy", "show", "gb")
    assert "none of which are moved by yearly notices" in said


async def test_the_calendar_shown_is_the_one_of_the_setting(
    ctl: Ctl, friday_off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (await ctl.json("policy", "show", "cn-service-standard"))["calendar"]
    british = (await ctl.json("policy", "show", "gb"))["calendar"]
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", friday_off)
    assert (await ctl.json("policy", "show", "cn-service-standard"))["calendar"]["version"] != plain["version"]
    assert (await ctl.json("policy", "show", "gb"))["calendar"] == british  # the days of a Chinese utility


async def test_a_plan_is_judged_by_the_calendar_named_before_it_is_in_force(
    ctl: Ctl, friday_off: str, tmp_path: Path
) -> None:
    plan = json.loads((PLANS / "01-lawful.json").read_text(encoding="utf-8"))
    plan["data"] |= {
        "requestedAt": "2026-03-03T09:00:00+08:00",  # a Tuesday: three working days are over on Friday night
        "plannedPeriod": {"start": "2026-03-07T09:00:00+08:00", "end": "2026-03-07T12:00:00+08:00"},
    }
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    asked = ("plan", "check", str(file), "--offline", "--policy", "it-arera", "--country", "CN")
    assert (await ctl.run(*asked))[0] == 0
    code, said = await ctl.run(*asked, "--calendar", friday_off)
    assert code == 1
    assert "refused" in said


async def test_a_wrong_calendar_is_refused_with_its_line(
    ctl: Ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text("# ours\nclosures = [2026-03-06, 2026-03-06]\n", encoding="utf-8")
    plan = str(PLANS / "01-lawful.json")
    code, said = await ctl.run("plan", "check", plan, "--offline", "--calendar", str(file))
    assert (code, "calendar.toml, line 2: closures: 2026-03-06 stands here twice" in said) == (1, True)
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", str(file))
    assert (await ctl.run("policy", "show", "cn-service-standard"))[0] == 1


async def test_a_wording_edited_is_told_as_such_and_a_figure_with_both_figures(ctl: Ctl, tmp_path: Path) -> None:
    text = policy_path("gb").read_text(encoding="utf-8")
    edited = tmp_path / "gb.toml"
    edited.write_text(text.replace("(not read) fault in", "(not read) a fault in", 1), encoding="utf-8")
    assert (await ctl.json("policy", "check", str(edited)))["changes"] == [
        "rule gb.fault.12h: asks the same; its source, wording, note, mark or warning time differs"
    ]
    edited.write_text(text.replace("amount = 12", "amount = 10", 1), encoding="utf-8")
    (change,) = (await ctl.json("policy", "check", str(edited)))["changes"]
    assert "at most 12 hours" in change
    assert "→ at most 10 hours" in change
