"""A line that nobody knows is named to whoever sends it; text of others never steers a terminal."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest

from operations.plans.known_lines import strange_lines, warning
from operations.system.location import find
from outagectl.terminal.say import SafeConsole
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageStarted
from tests.kits.ctl import Ctl
from tests.kits.deciders.planner import request
from tests.kits.deciders.restorer import at

PLAN = Path(__file__).parents[4] / "schemas" / "examples" / "plans" / "01-lawful.json"


def started(*lines: str, **more: Any) -> OutageStarted:
    given: dict[str, Any] = {"outage_class": "fault", "extent": Extent(lines=lines)} | more
    return OutageStarted(mrid="F1", started_at=at("9:12"), **given)


def test_a_line_that_nobody_knows_is_named_as_it_was_written() -> None:
    strange = frozenset({"10kv城车线"})
    said = warning(started("10千伏城东线", "10 千伏 城车线"), strange)
    assert said is not None
    assert said.startswith("no customer and no network file knows line 10 千伏 城车线: ")
    assert warning(started("10千伏城东线"), strange) is None
    assert warning(request(), strange) is None


@pytest.mark.parametrize(
    ("fact", "warns"),
    [
        (started(), True),
        (started("\u200b"), True),
        (FaultReported(mrid="F1", reported_at=at("9:12")), True),
        (started(outage_class="planned"), False),
        (started("10千伏城东线"), False),
    ],
)
def test_whoever_reports_a_fault_without_a_place_hears_that_nobody_can_be_told(fact: Any, warns: bool) -> None:
    assert (warning(fact, frozenset()) is not None) == warns


def test_a_network_file_is_asked_in_normal_names_and_where_there_is_none_nothing_is_strange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = find(tmp_path, {})
    assert asyncio.run(strange_lines(where, ["10千伏城东线"])) == frozenset()
    file = tmp_path / "network.csv"
    file.write_text("line,area\n10kV城东线（东段）,\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_NETWORK_FILE", str(file))
    assert asyncio.run(strange_lines(where, ["10千伏城东线(东段)", "10千伏城车线"])) == {"10kv城车线"}


def test_text_of_others_is_shown_by_its_numbers_and_not_done() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, width=80, highlight=False)
    console.print("医院\u202e\u001b[2J [bold]东门[/]\nnext")
    assert out.getvalue() == "医院\\u202e\\x1b[2J 东门\nnext\n"


def test_plan_check_names_a_line_of_no_network_file_beside_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl
) -> None:
    file = tmp_path / "network.csv"
    file.write_text("line,area\n10千伏别线,\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_NETWORK_FILE", str(file))
    monkeypatch.setenv("OUTAGE_DATA", str(tmp_path))
    (judged,) = json.loads(ctl.here("plan", "check", str(PLAN), "--json").out)["plans"]
    assert "no customer and no network file knows line" in judged["doubt"]
