"""`outagectl import network`: what it says of an import, and how it ends where the file or the command line is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.network.planning import NetworkPlan
from operations.times import Times
from outagectl.commands.network.importing import told
from outagectl.commands.network.sources import NetworkSource
from schemas.contracts.network import ModelRef
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl

EDITION = ModelRef(model_id="DJ-GIS", date=datetime(2026, 3, 1, tzinfo=UTC))
HEADER = "element_id,kind,name,fed_from\n"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment and no data folder of somebody else's."""
    for name in ("OUTAGE_KAFKA", "OUTAGE_CLOCK_FILE", "OUTAGE_POSTGRES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dongjiang.csv"
    path.write_text(HEADER + "SS,substation,东江变电站,\n", encoding="utf-8")
    return path


def said(plan: NetworkPlan, *, dry_run: bool = False) -> list[str]:
    return list(told(plan, Times(), dry_run=dry_run))


def test_an_import_says_what_was_told_and_that_the_edition_is_whole() -> None:
    plan = NetworkPlan(EDITION, elements=1_237, new=1_234, changed=1, unchanged=2, sent=1_235, whole=True)
    assert said(plan) == [
        "1,234 elements new, 1 changed, 2 unchanged.",
        "1,235 words on elements sent to outage.network.",
        "The edition of 2026-03-01 00:00:00 of DJ-GIS is there whole. Times are UTC.",
    ]


def test_the_same_file_again_says_that_nothing_was_sent() -> None:
    assert said(NetworkPlan(EDITION, elements=2, unchanged=2, known=2, whole=True))[:2] == [
        "0 elements new, 0 changed, 2 unchanged.",
        "0 words on elements sent to outage.network.",
    ]


def test_a_dry_run_says_what_would_be() -> None:
    plan = NetworkPlan(EDITION, elements=2, new=1, changed=1, known=3, missing=("T1", "T2"), prune=True)
    assert said(plan, dry_run=True) == [
        "1 element would be new, 1 would be changed, 0 unchanged.",
        "2 elements not in the file would be removed.",
    ]


def test_elements_that_stay_are_said_to_keep_the_edition_from_being_whole() -> None:
    plan = NetworkPlan(EDITION, elements=2, unchanged=2, known=3, missing=("T1",))
    assert said(plan)[1:] == [
        "1 of 3 known elements of DJ-GIS not in the file; they stay (--prune removes them).",
        "0 words on elements sent to outage.network.",
        "The topic does not say that the edition is there whole: it has elements of DJ-GIS that are not in the file.",
    ]


def test_elements_taken_from_another_model_are_counted() -> None:
    plan = NetworkPlan(EDITION, elements=2, changed=2, taken_over=2, sent=2, whole=True)
    assert "2 of those changed were another model's until now; --model says whose elements these are." in said(plan)


def test_one_network_has_to_be_named_and_not_two(ctl: Ctl, file: Path, tmp_path: Path) -> None:
    for words in ((), (str(file), "--simbench", str(tmp_path))):
        code, _, err = ctl.here("import", "network", *words)
        assert (code, "name one network: FILE.csv, or --simbench DIR" in err) == (2, True)


def test_a_file_that_is_not_there_or_no_grid_is_said_before_anything_is_asked(ctl: Ctl, tmp_path: Path) -> None:
    assert ctl.here("import", "network", "nowhere.csv").code == 3
    code, _, err = ctl.here("import", "network", "--simbench", str(tmp_path))
    assert (code, "has no Node.csv (or Node.csv.xz): give the folder of one SimBench grid" in err) == (1, True)


def test_without_a_broker_nothing_can_be_compared(ctl: Ctl, file: Path) -> None:
    code, _, err = ctl.here("import", "network", str(file), "--dry-run", "--json")
    assert code == 4
    assert "OUTAGE_KAFKA" in json.loads(err)["error"]


def test_a_model_is_called_as_its_file_unless_it_is_named(file: Path) -> None:
    clock = SystemClock()
    assert NetworkSource(file, None, None, clock).edition.model_id == "dongjiang"
    assert NetworkSource(file, None, "DJ-GIS", clock).edition.model_id == "DJ-GIS"


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_a_model_needs_a_name(ctl: Ctl, file: Path, name: str) -> None:
    code, _, err = ctl.here("import", "network", str(file), "--model", name)
    assert (code, "--model is the name of the model, 1 to 200 characters" in err) == (2, True)
