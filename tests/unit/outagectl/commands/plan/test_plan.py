"""`outagectl plan check` on the prepared requests: one for each reason, and the words that a dispatcher reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kits.ctl import Ctl

PLANS = Path(__file__).parents[5] / "schemas" / "examples" / "plans"
FILES = sorted(str(path) for path in PLANS.glob("*.json"))

STARTED = json.dumps(
    {
        "specversion": "1.0",
        "id": "1",
        "source": "/dispatch",
        "type": "outage.started.v1",
        "time": "2026-03-02T09:00:00+08:00",
        "data": {
            "mRID": "F",
            "outageClass": "fault",
            "startedAt": "2026-03-02T09:00:00+08:00",
            "extent": {"lines": ["L"]},
        },
    }
)


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment and no data folder of somebody else's."""
    for name in ("OUTAGE_POLICY", "OUTAGE_CALENDAR_COUNTRY", "OUTAGE_NETWORK_FILE", "OUTAGE_POSTGRES", "OUTAGE_ZONE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plan_check(ctl: Ctl) -> Ctl:
    return ctl.of("plan", "check")


def judged(plan_check: Ctl, *words: str) -> dict[str, Any]:
    _, said, _ = plan_check.here(*words, "--offline", "--json")
    return {one["mRID"].removeprefix("DJ-P-EX-"): one for one in json.loads(said)["plans"]}


@pytest.mark.parametrize(
    ("number", "sentence", "reasons", "follows"),
    [
        ("01", "lawful", [], "published"),
        (
            "02",
            "too short a notice",
            ["notice-too-short", "key-customer-notice-too-short"],
            "notice-too-short",
        ),
        ("03", "the line is not named", ["line-missing"], "line-missing"),
        ("04", "temporary, within 24 hours", ["key-customer-notice-too-short"], "key-customer-notice-too-short"),
        ("05", "the same, with an approver", [], "published"),
        ("06", "a safety cut", [], "published"),
        ("07", "overlaps with the first: an offer, no refusal", [], "published"),
        ("08", "the year's first cut at 35 kV", [], "published"),
        ("09", "the year's second", ["yearly-budget-used"], "yearly-budget-used"),
        ("10", "planned work asked again as temporary", [], "published"),
        ("11", "a slip of the year", ["too-far-ahead"], "too-far-ahead"),
    ],
)
def test_each_prepared_request_has_its_one_answer(
    plan_check: Ctl, number: str, sentence: str, reasons: list[str], follows: str
) -> None:
    one = judged(plan_check, *FILES)[number]
    assert (one["reasons"], one["follows"], one["accepted"]) == (reasons, follows, not reasons), sentence


def test_a_dispatcher_reads_yes_or_no_every_rule_what_would_do_and_who_answers_for_an_exception(
    plan_check: Ctl,
) -> None:
    code, out, err = plan_check.here(*FILES, "--offline")
    assert code == 1
    assert "5 of 11 plans would be refused" in err
    for words in (
        "REFUSED notice-too-short (the public hears of it too late)",
        "by Fri 27 Feb 2026 00:00, or a start from Tue 10 Mar 2026 00:00",
        "would be lawful from Tue 10 Mar 2026 00:00, with line-missing mended",
        "is set aside by 王建国,生产部主任: 变压器漏油,等不到明天",
        "safety-cut-gap:key-customer-notice-too-short: key customers hear of it too late",
        "merge with DJ-P-EX-01",
        "UP-DJ-0801 used up by DJ-P-EX-08 of 2026-03-20",
        "then   the notice would be published at once",
    ):
        assert words in out, words


def test_a_plan_that_may_go_ahead_shows_no_cross_whatever_it_goes_ahead_in_spite_of(
    plan_check: Ctl,
) -> None:
    _, out, _ = plan_check.here(*FILES, "--offline")
    marks = {"ACCEPTED": set[str](), "REFUSED": set[str]()}
    verdict = ""
    for line in map(str.split, out.splitlines()):
        if line[:1] and line[0] in marks:
            verdict = line[0]
        elif line[:1] and line[0] in {"✓", "!", "✗"}:
            marks[verdict].add(line[0])
    assert marks == {"ACCEPTED": {"✓", "!"}, "REFUSED": {"✓", "✗"}}


def test_at_another_instant_the_same_plan_is_judged_as_then(plan_check: Ctl) -> None:
    assert not judged(plan_check, FILES[0], "--at", "2026-03-05T00:01")["01"]["accepted"]
    assert judged(plan_check, FILES[0], "--at", "2026-03-04T20:59")["01"]["accepted"]


def test_under_another_regime_the_same_plan_has_other_rules(plan_check: Ctl) -> None:
    one = judged(plan_check, FILES[1], "--policy", "gb")["02"]
    assert one["accepted"]
    assert {finding["rule"]["policyId"] for finding in one["findings"]} == {"gb"}


def amended(tmp_path: Path, **changes: Any) -> str:
    """The first prepared plan, noticed, and then amended: two events in one file."""
    first = json.loads(Path(FILES[0]).read_text(encoding="utf-8"))
    second = json.loads(Path(FILES[0]).read_text(encoding="utf-8"))
    second |= {"id": "again", "type": "planned.amended.v1"}
    second["data"] |= {"revisionNumber": 2, **changes}
    file = tmp_path / "two.json"
    file.write_text(json.dumps([first, second], ensure_ascii=False), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("sentence", "changes", "code", "words"),
    [
        (
            "inside the notice before it: it keeps that one's clock",
            {"plannedPeriod": {"start": "2026-03-12T10:00:00+08:00", "end": "2026-03-12T15:00:00+08:00"}},
            0,
            "the notice in force would be narrowed, and keep its clock",
        ),
        (
            "to a day too soon: refused, and the notice comes down all the same",
            {"plannedPeriod": {"start": "2026-03-05T08:00:00+08:00", "end": "2026-03-05T15:00:00+08:00"}},
            1,
            "the notice in force would be withdrawn at once: what it says would be known to be false",
        ),
        (
            "to another lawful day",
            {"plannedPeriod": {"start": "2026-03-20T08:00:00+08:00", "end": "2026-03-20T15:00:00+08:00"}},
            0,
            "the notice in force would give way to one of the new time",
        ),
        ("to a revision that is known", {"revisionNumber": 1}, 1, "CHANGES NOTHING older-revision"),
    ],
)
def test_an_amendment_is_judged_beside_the_notice_before_it_and_says_what_the_public_would_read(
    plan_check: Ctl, tmp_path: Path, sentence: str, changes: Any, code: int, words: str
) -> None:
    done, out, _ = plan_check.here(amended(tmp_path, **changes), "--offline", "--at", "2026-03-02T09:30")
    assert (done, words in out) == (code, True), sentence


@pytest.mark.parametrize(
    ("sentence", "content", "words"),
    [
        ("no such file", None, "there is no file"),
        ("an empty file", "", "holds no event"),
        ("no JSON", "plan: tomorrow", "event 1"),
        (
            "a plan with one field missing",
            Path(FILES[0]).read_text(encoding="utf-8").replace('"revisionNumber"', '"revision"'),
            "revisionNumber",
        ),
        (
            "a start of no plan",
            STARTED,
            "is no plan: give planned.requested or planned.amended",
        ),
    ],
)
def test_a_file_that_cannot_be_judged_says_why(
    plan_check: Ctl, tmp_path: Path, sentence: str, content: str | None, words: str
) -> None:
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    code, _, err = plan_check.here(str(file), "--offline")
    assert code != 0, sentence
    assert words in err, (sentence, err)


def test_a_folder_is_no_plan(plan_check: Ctl, tmp_path: Path) -> None:
    code, _, err = plan_check.here(str(tmp_path), "--offline")
    assert (code, "cannot be read" in err) == (1, True)
