"""The form of case files: what is read, what becomes of times, and what a command's screen is held to."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from devstack.cases.__main__ import collect, main
from devstack.cases.form import CaseError, Expect, instants, missing, read, write_files

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
OURS = Path(__file__).parents[3] / "cases"
# A customer, or the mRID of an outage; a handset.
MARKS = re.compile(r"\b[A-Z]{1,2}-?[0-9]{2,3}\b(?!-)|\+44[ 0-9]{10,}")


def case_file(folder: Path, **case: object) -> Path:
    path = folder / "01-some.json"
    path.write_text(json.dumps(case), encoding="utf-8")
    return path


def test_times_are_those_of_the_moment_they_are_written_with_the_utilitys_offset() -> None:
    assert instants("{now-10m} {now} {now+2h} {now+1d}", NOW) == (
        "2026-11-28T11:50:00+08:00 2026-11-28T12:00:00+08:00 2026-11-28T14:00:00+08:00 2026-11-29T12:00:00+08:00"
    )


def test_local_time_can_be_labelled_wrongly_on_purpose() -> None:
    assert instants("{localZ}", NOW) == "2026-11-28T12:00:00Z"


def test_files_are_written_in_the_encoding_of_the_case_with_its_steps_beside_them(tmp_path: Path) -> None:
    path = case_file(
        tmp_path,
        encoding="gb18030",
        files={"customers.csv": "赟"},
        steps=[{"events": [{"type": "outage.started.v1", "data": {"startedAt": "{now}"}}]}],
        expect=[{"run": ["explain", "Z1"]}],
    )
    write_files(read(path).case, tmp_path, NOW)
    assert (tmp_path / "customers.csv").read_bytes() == "赟".encode("gb18030")
    (line,) = (tmp_path / "step-1.jsonl").read_text(encoding="utf-8").splitlines()
    event = json.loads(line)
    assert event["data"]["startedAt"] == event["time"] == "2026-11-28T12:00:00+08:00"
    assert event["id"]
    assert event["source"]


def test_a_case_that_expects_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="expects nothing"):
        read(case_file(tmp_path, steps=[]))


def test_a_misspelt_expectation_is_refused_rather_than_passed_over(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="contain"):
        read(case_file(tmp_path, expect=[{"run": ["explain", "Z1"], "contain": ["OFF"]}]))


def test_a_screen_may_break_its_lines_anywhere() -> None:
    expect = Expect(run=("phones",), contains=("目前不在停电范围内",), lacks=("POWER IS BACK",))
    assert missing(expect, "贵单位目前不在停\n      电范围内", 0) == []
    assert missing(expect, "贵单位已恢复  POWER IS\n  BACK", 0) == [
        "'目前不在停电范围内' is not there",
        "'POWER IS BACK' is there",
    ]


def test_an_exit_code_counts_where_one_is_expected() -> None:
    assert missing(Expect(run=("up",), exit=78), "", 4) == ["exit 4 instead of 78"]
    assert missing(Expect(run=("up",)), "", 4) == []


def test_silence_of_a_command_that_was_ended_is_not_taken_for_what_it_should_lack() -> None:
    expect = Expect(run=("explain", "Z1"), lacks=("POWER IS OFF",))
    assert missing(expect, "", None) == ["it printed nothing and did not end in the time there was"]
    assert missing(expect, "NO OUTAGE IS KNOWN THERE", None) == []


def test_only_commands_that_need_nothing_are_run_without_a_system(tmp_path: Path) -> None:
    alone = case_file(tmp_path, expect=[{"run": ["plan", "check", "step-1.jsonl", "--offline"]}])
    assert not read(alone).needs_a_system
    beside = case_file(tmp_path, expect=[{"run": ["explain", "Z1"]}])
    assert read(beside).needs_a_system


def test_a_folder_without_cases_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no case" in capsys.readouterr().err


def test_a_file_that_is_no_case_counts_as_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "02-broken.json").write_text("{", encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "right 0 wrong 1"


def test_all_cases_of_the_project_can_be_read() -> None:
    cases, wrong = collect(OURS)
    assert wrong == []
    assert len(cases) >= 15


def test_no_two_of_our_cases_speak_of_one_customer_outage_or_handset_for_they_share_a_system() -> None:
    """Cases with settings of their own have a system of their own, and may use what they like."""
    owner: dict[str, str] = {}
    for named in collect(OURS)[0]:
        if not named.needs_a_system or named.needs_its_own:
            continue
        text = "\n".join([*named.case.files.values(), json.dumps(msgspec.to_builtins(named.case.steps))])
        found = {match.group().replace(" ", "") for match in MARKS.finditer(text)}
        for mark in found:
            other = owner.setdefault(mark, named.name)
            assert other == named.name, f"{named.name} and {other} both use {mark}"
    assert len(owner) > 30
