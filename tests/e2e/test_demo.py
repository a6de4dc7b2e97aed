"""The demo as a stranger runs it: one command, from nothing to an audited story."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 240

pytestmark = pytest.mark.timeout(SECONDS + 30)

# Each must stand in the book, in this order; between them anything may stand.
KEY_SENTENCES = (
    "Mon 2 March 2026",
    "knows 6 key customers",
    "asks for planned work, Wed 11 March 08:00 to 17:00",
    "finds the plan lawful",
    "cn.planned.public-notice (第2篇 第十条(二)10)",
    "publishes the notice DJ-P-0311/1",
    "“planned work will cut the power”",
    "Dongjiang Power: For planned work",
    "receipts: 2 texts delivered",
    "asks for planned work, Fri 6 March 09:00 to 12:00",
    "refuses the plan: notice-too-short",
    "lawful start is Tue 10 March 00:00",
    "Thu 5 March 2026",
    "Power is off since 02:14",
    "the notifier was killed (kill -9",
    "the notifier is back after",
    "“the power is off; expected back at …”",
    "nothing was lost: 3 texts were due, 3 are on the handsets, none of them twice",
    "promise at risk: a crew on site by 02:59",
    "promise broken: no crew on site by 02:59",
    "rule cn.fault.crew-45min (第2篇 第十条(二)5)",
    "“the time we gave has passed, sorry; next word by …”",
    "now expects the power back at 06:30",
    "says the cause is cleared since 05:40",
    "promises power back by Fri 6 March 05:40",
    "confirms: power is back for everyone since 06:18",
    "promise kept: power came back, 23 h 22 min before it was due",
    "“the power is back”",
    "The reporter 95598-0412 was called back: satisfied",
    "Mon 9 March 2026",
    "forgets the time zone",
    "set aside /dispatch/east/ert-without-zone",
    "why: wrong-type",
    "Wed 11 March 2026",
    "confirms: power is back for everyone since 16:20",
    "Outages",
    "Promises",
    "What each phone holds",
    "checks passed.",
    "go on with them",
)


@dataclass(frozen=True)
class Run:
    """One run of the demo, all that came of it."""

    code: int
    said: str
    errors: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return made


def outagectl(*words: str) -> subprocess.CompletedProcess[str]:
    # The demo refuses to play on other people's servers, and those of the test session are other people's to it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    command = [sys.executable, "-m", "outagectl", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo") / "data"
    ended = outagectl("demo", "--data", str(folder))
    return Run(ended.returncode, ended.stdout, ended.stderr, folder)


def test_it_ends_well_and_says_nothing_on_standard_error(run: Run) -> None:
    assert (run.code, run.errors) == (0, ""), run.said[-4000:]


def test_the_story_is_told_in_order(run: Run) -> None:
    # Where a sentence is folded, its parts stand on lines of their own.
    said = " ".join(run.said.split())
    place = 0
    for sentence in KEY_SENTENCES:
        found = said.find(sentence, place)
        assert found >= 0, f"“{sentence}” does not stand after: {said[max(0, place - 300) : place]}"
        place = found + len(sentence)
    # The restorer promises while the notifier dies: either may be told first.
    promised = said.find("promises a crew on site by 02:59")
    assert 0 <= said.find("Power is off since 02:14") < promised < said.find("promise at risk: a crew on site by 02:59")


def test_what_the_services_keep_for_themselves_is_not_told(run: Run) -> None:
    for internal in ("customer.touched", "text.meant", "audience.matched", "no words for it"):
        assert internal not in run.said


def test_one_plan_was_refused_for_short_notice_and_one_carried_out(run: Run) -> None:
    outages = {one["mRID"]: one for one in run.report["outages"]}
    refused, done = outages["DJ-P-0306"], outages["DJ-P-0311"]
    assert refused["status"] == "rejected"
    assert refused["rejectedFor"][0] == "notice-too-short"
    assert refused["earliestLawfulStart"] == "2026-03-09T16:00:00Z"
    assert refused["noticeId"] is None
    assert (done["status"], done["noticeId"]) == ("closed", "DJ-P-0311/1")


def test_promises_were_kept_and_one_was_broken(run: Run) -> None:
    verdicts = {(one["mRID"], one["ruleId"]): one["verdict"] for one in run.report["promises"]}
    assert verdicts["DJ-F-0305", "cn.fault.crew-45min"] == "broken"
    assert verdicts["DJ-F-0305", "cn.restore.one-working-day"] == "kept"
    assert run.report["promisesByVerdict"]["broken"] == 1
    assert run.report["promisesByVerdict"]["kept"] >= 1


def test_every_text_arrived_once(run: Run) -> None:
    report = run.report
    asked = sum(report["messagesByState"].values())
    assert report["messagesByState"] == {"delivered": asked}
    assert report["messagesByTrigger"] == {"planned-notice": 2, "fault": 6, "ert-overdue": 3, "restored": 5}
    assert report["handsets"] == {"numbers": 4, "texts": asked, "doubled": 0}


def test_the_notifier_was_killed_and_the_audit_passed_all_the_same(run: Run) -> None:
    report = run.report
    assert [(one["service"], one["signal"]) for one in report["kills"]] == [("notifier", "SIGKILL")]
    assert report["problems"] == []
    assert report["audit"]["passed"] is True
    checked = [one for one in report["audit"]["checks"] if one["skipped"] is None and one["checked"]]
    assert {one["service"] for one in checked} == {"planner", "notifier", "restorer"}
    assert report["passed"] is True


def test_only_the_event_without_a_zone_was_set_aside(run: Run) -> None:
    aside = run.report["setAside"]
    assert {one["service"] for one in aside} == {"planner", "notifier", "restorer"}
    assert {one["event"] for one in aside} == {"/dispatch/east/ert-without-zone (ert.changed.v1)"}
    assert {one["reason"] for one in aside} == {"wrong-type"}


def test_the_events_of_each_topic_are_counted(run: Run) -> None:
    counted = run.report["eventsPerTopic"]
    assert counted["outage.customers"] == 6
    assert counted["outage.quarantine"] == 3
    assert all(counted.values()), counted


def test_no_phone_number_stands_in_the_report(run: Run) -> None:
    assert "7700900" not in (run.folder / "report.json").read_text(encoding="utf-8")


def test_the_phones_can_be_read_afterwards(run: Run) -> None:
    shown = outagectl("phones", "--json", "--data", str(run.folder))
    assert shown.returncode == 0, shown.stderr
    texts = [text for phone in json.loads(shown.stdout) for text in phone["texts"]]
    assert len(texts) == run.report["handsets"]["texts"]
    assert len({text["messageId"] for text in texts}) == len(texts)


def test_it_never_begins_in_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    ended = outagectl("demo", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "holds something that is no demo's" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
