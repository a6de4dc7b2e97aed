"""A line that nobody knows is named to whoever sends it; text of others never steers a terminal."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from operations.plans.known_lines import strange_lines, warning
from operations.system.location import find
from outagectl.terminal.say import SafeConsole
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported, OutageStarted
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
    assert said.startswith("no customer and no network knows line 10 千伏 城车线: ")
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


def test_without_a_database_nothing_is_strange(tmp_path: Path) -> None:
    assert asyncio.run(strange_lines(find(tmp_path, {}), ["10千伏城东线"])) == frozenset()


def test_text_of_others_is_shown_by_its_numbers_and_not_done() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, width=80, highlight=False)
    console.print("医院\u202e\u001b[2J [bold]东门[/]\nnext")
    assert out.getvalue() == "医院\\u202e\\x1b[2J 东门\nnext\n"
