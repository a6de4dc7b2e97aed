"""A line that is not there is refused by name; places that lie elsewhere are said; without a file nothing is checked."""

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.contracts.base import Extent
from services.places.network import Network, load_network
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.notice_content import told_by
from services.planner.domain.verdict.judge import Verdict, judge
from services.planner.settings import PlannerSettings
from services.policy import PolicyError
from tests.kits.deciders.planner import CALENDAR, LAWFUL, NOW, POLICY, SHORT, Stream, amend, reasons_of, request

FILE = """line,area,transformer
10千伏城东线,中山路一带,中山路2号公变
10千伏城东线, 人民路 ,
10千伏城西线,解放路,
10千伏专线,,
"""


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return load_network(_file(tmp_path, FILE))


def _file(folder: Path, text: str) -> Path:
    path = folder / "network.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _plan(lines: tuple[str, ...], areas: tuple[str, ...], transformers: tuple[str, ...] = ()) -> Extent:
    return Extent(lines=lines, areas=areas, transformers=transformers)


def _verdict(extent: Extent, network: Network | None) -> Verdict:
    return judge(request(extent=extent), POLICY, CALENDAR, NOW, network=network)


@pytest.mark.parametrize(
    ("sentence", "extent", "reasons", "warnings"),
    [
        ("line and areas as in the file", _plan((" 10千伏城东线",), ("人民路", "中山路一带")), (), ()),
        ("no such line", _plan(("10千伏城车线",), ("中山路一带",)), ("line-unknown",), ()),
        ("an area of another line", _plan(("10千伏城东线",), ("解放路",)), (), ("area-not-on-line:解放路",)),
        ("an area of the second line", _plan(("10千伏城东线", "10千伏城西线"), ("解放路",)), (), ()),
        ("a line whose areas nobody wrote down", _plan(("10千伏专线",), ("解放路",)), (), ()),
        (
            "a transformer of another line",
            _plan(("10千伏城东线",), ("人民路",), ("解放路1号公变",)),
            (),
            ("transformer-not-on-line:解放路1号公变",),
        ),
        ("a transformer of a line without any in the file", _plan(("10千伏城西线",), ("解放路",), ("X",)), (), ()),
    ],
)
def test_the_places_of_a_plan_are_held_beside_the_network(
    network: Network, sentence: str, extent: Extent, reasons: tuple[str, ...], warnings: tuple[str, ...]
) -> None:
    verdict = _verdict(extent, network)
    said = tuple(warning for warning in verdict.warnings if "-not-on-line:" in warning)
    assert (verdict.reasons, said) == (reasons, warnings), sentence
    assert _verdict(extent, None).accepted, sentence


def test_the_refusal_names_the_unknown_lines(network: Network) -> None:
    verdict = _verdict(_plan(("10千伏城东线", "城车线", "城南线"), ("人民路",)), network)
    (finding,) = (finding for finding in verdict.findings if not finding.holds)
    assert (finding.given, finding.rule.rule_id) == ("城车线, 城南线", "settings.network")


def test_a_safety_cut_on_an_unknown_line_is_not_refused_and_the_gap_is_flagged(network: Network) -> None:
    plan = request(period=SHORT, extent=_plan(("城车线",), ("人民路",)), safety_cut=True)
    verdict = judge(plan, POLICY, CALENDAR, NOW, network=network)
    assert verdict.accepted
    assert "safety-cut-gap:line-unknown" in verdict.warnings


def test_what_was_noticed_before_the_file_was_there_may_still_become_less(network: Network) -> None:
    extent = _plan(("城车线",), ("人民路",))
    within = told_by(request(extent=extent))
    assert judge(request(extent=extent), POLICY, CALENDAR, NOW, within=within, network=network).accepted


def test_the_planner_refuses_an_unknown_line_and_takes_the_corrected_one(network: Network) -> None:
    stream = Stream(PlannerOutage(POLICY, CALENDAR, network=network))
    decision = stream.hears(request(extent=_plan(("城车线",), ("人民路",))))
    assert reasons_of(decision) == ("line-unknown",)
    right = amend(2, LAWFUL, _plan(("10千伏城东线",), ("人民路",)))
    assert stream.hears(right, NOW + timedelta(minutes=1)).reason == "published"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r"line 1: the header is '': write line,area or line,area,transformer"),
        ("线路,区域\n", r"line 1: the header is"),
        ("line,area\n", r"names no lines"),
        ("line,area\n,人民路\n", r"line 2: ',人民路': write line,area, the line first"),
        ("line,area\n\n城东线,人民路,一号公变\n", r"line 3: .* write line,area"),
        ('line,area\n"城东线,人民路\n', r"is not CSV in UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        load_network(_file(tmp_path, text))


def test_a_file_of_another_encoding_or_none_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.csv"
    with pytest.raises(PolicyError, match="cannot be read"):
        load_network(path)
    path.write_bytes("line,area\n城东线,人民路\n".encode("gbk"))
    with pytest.raises(PolicyError, match="not CSV in UTF-8"):
        load_network(path)


def test_a_file_saved_by_a_spreadsheet_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "network.csv"
    path.write_bytes(FILE.replace("\n", "\r\n").encode("utf-8-sig"))
    assert not load_network(path).unknown(Extent(lines=("10千伏城东线",)))


def test_the_setting_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_NETWORK_FILE", str(_file(tmp_path, FILE)))
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("OUTAGE_POSTGRES", "postgresql://127.0.0.1:1/x")
    network = PlannerSettings.load().network()
    assert network is not None
    assert network.unknown(Extent(lines=("城车线",))) == ("城车线",)
