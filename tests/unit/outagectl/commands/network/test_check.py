"""`outagectl network check`: findings of one trouble together, with what it means; it ends with 1 where something is wrong."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from operations.network.lookup import NetworkOnTopic
from operations.times import Times
from outagectl.commands.network.check import by_trouble, document, lines, standing_document, standing_lines
from schemas.contracts.base import Extent
from schemas.contracts.network import NetworkElement, NetworkModelImported
from services.places.topology import NetworkModel
from services.places.topology.checks import MEANING, check, check_registered
from tests.kits.ctl import Ctl
from tests.kits.network.models import EDITION, element

HEADER = "element_id,kind,name,fed_from\n"
WHOLE = "SS,substation,东江变电站,\nL1,line,城东线,SS\nL2,line,工业线,SS\n"
ELEMENTS = [element("SS", "substation"), element("L1", "line", "SS", name="城东线"), element("L2", "line", "SS")]


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment and no data folder of somebody else's."""
    for name in ("OUTAGE_KAFKA", "OUTAGE_CLOCK_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def checked(ctl: Ctl, text: str, *words: str) -> tuple[int, str, str]:
    Path("network.csv").write_text(text, encoding="utf-8")
    return ctl.here("network", "check", "--file", "network.csv", *words)


def said(*more: NetworkElement) -> list[str]:
    model = NetworkModel([*ELEMENTS, *more])
    return list(lines(model, by_trouble(check(model))))


def test_a_network_in_which_nothing_is_wrong_says_so_and_ends_well(ctl: Ctl) -> None:
    code, out, _ = checked(ctl, HEADER + WHOLE)
    assert (code, out) == (0, "✓ 3 elements: nothing is wrong.\n")


def test_what_is_wrong_is_told_by_trouble_with_its_meaning_and_the_first_ten() -> None:
    dark = [element(f"T{n:02}", "transformer") for n in range(12)]
    assert said(*dark) == [
        "no-source (12): as switches stand no way leads to it from a substation",
        *(f"  T{n:02}" for n in range(10)),
        "  … and 2 more",
    ]


def test_each_finding_names_elements_and_what_it_is_about() -> None:
    told = said(element("T1", "transformer", "L1", "L9"), element("L3", "line", "SS", name="城东线"))
    assert "  T1: L9" in told
    assert "  城东线 (L1), 城东线 (L3): lines: 城东线" in told


def test_a_loop_names_its_elements(ctl: Ctl) -> None:
    code, out, _ = checked(ctl, HEADER + WHOLE + "a,section,一,b\nb,section,二,a\n")
    assert code == 1
    assert "loop (1): elements name each other as their source, and no substation feeds them\n  一 (a), 二 (b)\n" in out


def test_two_ways_in_may_be_meant_and_are_told_all_the_same(ctl: Ctl) -> None:
    code, out, _ = checked(ctl, HEADER + WHOLE + "T1,transformer,变,L1;L2\n")
    assert code == 0
    assert out.splitlines() == [
        f"two-ways (1): {MEANING['two-ways']}",
        "  变 (T1): L1, L2",
        "✓ 4 elements: nothing else is wrong.",
    ]


def test_a_customer_registered_where_nothing_is_is_named() -> None:
    model = NetworkModel(ELEMENTS)
    registry: Sequence[tuple[str, Extent]] = [("DJ-0001", Extent(lines=("城东线", "城西线")))]
    told = list(lines(model, by_trouble(check_registered(model, registry))))
    assert told == [
        "registered-nowhere (1): a customer is registered at a place that the model does not have",
        "  DJ-0001: 城西线",
    ]


def test_what_is_on_the_topic_is_told_by_model_with_what_cannot_be_read() -> None:
    whole = NetworkModelImported(
        model_id="GIS",
        date=EDITION.date,
        elements=3,
        checksum="0" * 16,
        imported_at=EDITION.date,
        imported_by="GIS班 李",
    )
    known = NetworkOnTopic(NetworkModel(ELEMENTS, {"S1": "open"}), {"EAST": None, "GIS": whole}, unreadable=2)
    assert list(standing_lines(known, Times())) == [
        "EAST: its newest edition is not there whole. Run its import again, with --prune if elements are to go.",
        "GIS: edition of 2026-03-01 00:00:00, whole, brought in by GIS班 李 at 2026-03-01 00:00:00. Times are UTC.",
        "1 switch known to have been thrown.",
        "2 records of outage.network cannot be read: what they say is missing here.",
    ]
    assert [one["whole"] for one in standing_document(known)["models"]] == [False, True]


def test_programs_read_the_same(ctl: Ctl) -> None:
    code, out, _ = checked(ctl, HEADER + WHOLE + "T1,transformer,变,\n", "--json")
    (trouble,) = json.loads(out)["troubles"]
    assert code == 1
    assert (trouble["trouble"], trouble["count"], trouble["first"]) == (
        "no-source",
        1,
        [{"elements": ["T1"], "about": ""}],
    )


def test_a_file_with_a_wrong_row_is_refused_with_its_line(ctl: Ctl) -> None:
    code, out, err = checked(ctl, HEADER + WHOLE + "T1,transformer,变,L9\n")
    assert code == 1
    assert "✗ line 5 (element T1): fed_from: no row has the element L9: add it, or correct the id" in out
    assert "mend them, then look again" in err
    _, out, err = checked(ctl, HEADER + WHOLE + "T1,transformer,变,L9\n", "--json")
    answer: dict[str, Any] = json.loads(out)
    assert (answer["errorCount"], answer["errors"][0]["elementId"]) == (1, "T1")
    assert json.loads(err)["exitCode"] == 1


def test_a_file_that_is_none_or_empty_is_refused(ctl: Ctl) -> None:
    assert "names no element" in checked(ctl, HEADER)[2]
    assert "columns kind, name are missing" in checked(ctl, "element_id\n")[1]
    assert checked(ctl, "element_id\n")[0] == 1


def test_documents_hold_the_first_ten_of_many() -> None:
    model = NetworkModel([element(f"T{n:02}", "transformer") for n in range(12)])
    (trouble,) = document(model, by_trouble(check(model)))["troubles"]
    assert (trouble["count"], len(trouble["first"])) == (12, 10)
