"""The demo as a stranger runs it: one command, from nothing to an audited story."""

import asyncio
import difflib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from demo.city.book import WIDTH
from demo.city.next_steps import NEXT
from demo.city.page import FOLDER, masked, of_page, told
from tests.kits.ctl import Ctl
from tests.kits.system.searching import Numbers, places

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "demo.md"
STORY_HEAD = 17
"""Characters of a line of a story: its time and the service."""
STORY = PAGE.with_name("a-night-as-a-story.md")
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
    "“planned work will cut the power, Wed 11 March 08:00 to 17:00”",
    "Dongjiang Power: For planned work",
    "2 texts delivered (the electronics works, Bright Harbour Plastics)",
    "asks for planned work, Fri 6 March 09:00 to 12:00",
    "refuses the plan: notice-too-short",
    "lawful start is Tue 10 March 00:00",
    "Tue 3 March 2026",
    "wants the work at another time: Thu 12 March 13:00 to 16:00",
    "publishes the notice DJ-P-0310/2 in place of DJ-P-0310/1 (moved to Thu 12 March",
    "“the planned cut moves to Thu 12 March 13:00 to 16:00”",
    "takes the plan back",
    "withdraws the notice DJ-P-0317/1",
    "“the planned cut does not happen”",
    "Thu 5 March 2026",
    "says power is off since 02:14",
    "promises a crew on site by 02:59",
    "the notifier was killed (kill -9)",
    "the notifier is back after",
    "texts 3 key customers: “the power is off; expected back at 04:00”",
    "texts the electronics works: “one of your supplies is off; check the change-over”",
    "备用电源(10千伏城东线)自3月5日2时1",
    "nothing was lost: 4 texts were due, 4 are on the handsets, none of them twice",
    "Li Xiuying is told, though only lines were named",
    "by the network model that hangs on 10千伏城东线",
    "promise at risk: a crew on site by 02:59",
    "promise broken: no crew on site by 02:59",
    "rule cn.fault.crew-45min (第2篇 第十条(二)5)",
    "“sorry, now expected back at 05:00”",
    "step 1: power is back in part since 04:05",
    "texts the waterworks: “the power is back in your part”",
    "“the time we gave has passed, sorry; next word by 06:15”",
    "forgets the time zone",
    "set aside /dispatch/east/ert-without-zone",
    "why: wrong-type",
    "says it again under a new id",
    "now expects the power back at 06:30",
    "DJ-F-0305-2 says power is off since 05:30",
    "texts Li Xiuying: “sorry, now expected back at 08:30”",
    "promise kept: the crew came, 23 min before it was due (06:15)",
    "says the cause is cleared since 06:00",
    "promises power back by Fri 6 March 06:00",
    "confirms: power is back since 06:18",
    "promise kept: power came back, 23 h 42 min before it was due",
    "texts the hospital: “the power is back”",
    "texts the electronics works: “the supply that was off is back”",
    "Li Xiuying is not told that power is back: DJ-F-0305-2 still holds her",
    "confirms: power is back since 08:20",
    "texts Li Xiuying: “the power is back”",
    "called the reporter 95598-0412 back: satisfied",
    "the reporter 95598-0437 could not be reached",
    "asks a person to call back whoever reported it (95598-0437) again, not reached 1 time",
    "called the reporter 95598-0437 back: satisfied",
    "TS-0305-08 passes on that somebody complains, of outage DJ-F-0305",
    "promises the complaint answered by Wed 11 March 00:00",
    "Twilio will create the next text to the school and drop the line",
    "asks for temporary work, Sat 7 March 14:00 to 15:30",
    "knows from Twilio's receipt that the text to the school was created after all",
    "one text: asked for 1, posted to Twilio 1, on the handset 1",
    "Sun 8 March 2026",
    "asks for a safety cut, 11:30 to 13:00",
    "lets the cut go ahead: a safety cut is never refused",
    "flagged: key customers hear of it too late (safety-cut-gap:key-customer-notice-too-short)",
    "why: key-customer-notice-too-short, 1 d 1 h short",
    "publishes the notice DJ-T-0308/1",
    "texts the waterworks: “work will cut the power soon, 11:30 to 13:00”",
    "promise kept: key customers were told, 29 min 55 s before it was due (11:30)",
    "Mon 9 March 2026",
    "refuses the plan: notice-too-short",
    "withdraws the notice DJ-P-0310/2 (Thu 12 March 13:00 to 16:00) at once",
    "why: no-longer-as-noticed",
    "promise kept: the complaint was answered, 1 d 13 h before it was due",
    "DJ-C-0309 orders load to be shed, 18:00 to 20:00",
    "takes the order, which is never refused, and flags what does not fit the published scheme",
    "flagged: a step that comes before it is not in force (scheme-gap:scheme-out-of-sequence)",
    "why: scheme-out-of-sequence",
    "required: in force before it: step 1",
    "publishes the notice DJ-C-0309/1",
    "DJ-C-0309-2 finds the order to follow the published scheme",
    "promises power back by 20:00",
    "DJ-C-0309/1 is done with: the cut was carried out; power back 19:50",
    "DJ-C-0309-2 confirms: power is back since 19:50",
    "Tue 10 March 2026",
    "王建国 (Wang Jianguo) sets cn.temporary.key-customers-24h aside",
    "because: 等不到明天 (it cannot wait until tomorrow)",
    "lets the plan go ahead by that leave",
    "why: set-aside-by-exception, 19 h short",
    "publishes the notice DJ-T-0310/1",
    "texts 2 key customers: “a reminder: power will be off Wed 11 March 08:00 to 17:00”",
    "promise at risk: the work done by 18:00",
    "a breach of the notice (DJ-T-0310/1): the work runs past its noticed end, since 18:00",
    "noticed was 16:00 to 18:00",
    "promise broken: the work not done by 18:00",
    "texts the school: “sorry, now expected back at 18:40”",
    "the work was carried out, longer than noticed; power back 18:35",
    "Wed 11 March 2026",
    "confirms: power is back since 16:20",
    "Thu 12 March 2026",
    "all sending is stopped",
    "says power is off since 16:40",
    "DJ-0001 promise broken: the customer not told that power is off by 16:50",
    "watches over silence: power is off since 16:40, and the hospital and Li Xiuying heard nothing since",
    "lets sending go again: outagectl sending resume",
    "3 texts delivered (the hospital, the electronics works, Li Xiuying)",
    "Fri 20 March 2026",
    "confirms: power is back since 16:20",
    "Tue 7 April 2026",
    "周岚 (Zhou Lan) publishes the account of March",
    "counts the month: ",
    "kept: 34.67 minutes of 3 cases, asked is 45 · rule cn.fault.crew-average-urban",
    "kept: 100 % of 3 cases, asked is 90 · rule cn.followup.rate",
    "publishes the statement 2026-03/1: ",
    "rules not measured, and so not counted as kept",
    "promise kept: the statement was published, 8 d 14 h before it was due (Thu 16 April 00:00)",
    "says power is off since 16:40",
    "Outages",
    "Promises",
    "What each phone holds",
    "checks passed",
    "Go on with them",
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


def test_it_says_what_docs_demo_says_but_for_how_long_it_took(run: Run) -> None:
    kept = of_page(PAGE.read_text(encoding="utf-8"))
    differs = "\n".join(
        difflib.unified_diff(masked(kept), masked(told(run.said), str(run.folder)), "docs/demo.md", "now", n=1)
    )
    assert not differs, f"write the page anew with `outagectl demo --quick --write docs/demo.md`:\n{differs}"


def test_no_line_is_wider_than_a_page(run: Run) -> None:
    wide = [line for line in told(run.said).replace(str(run.folder), FOLDER).splitlines() if cell_len(line) > WIDTH]
    assert not wide


def test_nothing_went_wrong_on_the_way(run: Run) -> None:
    assert "SOMETHING IS WRONG" not in run.said


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


def test_a_plan_moved_too_late_loses_its_notice_and_one_taken_back_too(run: Run) -> None:
    outages = {one["mRID"]: one for one in run.report["outages"]}
    moved, withdrawn = outages["DJ-P-0310"], outages["DJ-P-0317"]
    assert (moved["status"], moved["noticeId"], moved["withdrawnAt"]) == ("rejected", None, "2026-03-09T01:00:00Z")
    assert (withdrawn["status"], withdrawn["withdrawnAt"]) == ("cancelled", "2026-03-04T07:00:00Z")


def test_one_fault_is_left_open_for_whoever_goes_on(run: Run) -> None:
    still = [one["mRID"] for one in run.report["outages"] if one["startedAt"] and not one["restoredAt"]]
    assert still == ["DJ-F-0407"]
    assert run.report["promisesByVerdict"]["open"] >= 1


def test_promises_were_kept_and_one_was_broken(run: Run) -> None:
    verdicts = {(one["about"], one["ruleId"]): one["verdict"] for one in run.report["promises"]}
    assert verdicts["DJ-F-0305", "cn.fault.crew-45min"] == "broken"
    assert verdicts["DJ-F-0305-2", "cn.fault.crew-45min"] == "kept"
    assert verdicts["DJ-F-0305", "cn.restore.one-working-day"] == "kept"
    assert verdicts["DJ-T-0310", "cn.planned.done-by-noticed-end"] == "broken"
    assert verdicts["TS-0305-08", "cn.complaint.answer-5d"] == "kept"
    assert verdicts["2026-03", "cn.fulfilment.published"] == "kept"
    assert run.report["promisesByVerdict"]["broken"] == 3, "a crew, an overrun, a time that was said"
    assert run.report["promisesByVerdict"]["kept"] >= 1


def test_every_text_arrived_once(run: Run) -> None:
    report = run.report
    asked = sum(report["messagesByState"].values())
    assert report["messagesByState"] == {"delivered": asked}
    assert report["messagesByTrigger"] == {
        "planned-notice": 6,
        "moved": 1,
        "cancelled": 2,
        "fault": 12,
        "ert-changed": 5,
        "part-restored": 1,
        "ert-overdue": 2,
        "restored": 11,
        "temporary-notice": 3,
    }
    assert report["handsets"] == {"numbers": 6, "texts": asked, "doubled": 0}


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
    silent = {topic for topic, count in counted.items() if not count}
    assert silent == {"outage.meters", "outage.replies"}, (
        "the demo has no meters, and nobody answers that power is off still"
    )


def test_no_phone_number_stands_in_the_report(run: Run) -> None:
    assert "7700900" not in (run.folder / "report.json").read_text(encoding="utf-8")


def test_the_phones_can_be_read_afterwards(run: Run) -> None:
    shown = outagectl("phones", "--json", "--data", str(run.folder))
    assert shown.returncode == 0, shown.stderr
    texts = [text for phone in json.loads(shown.stdout) for text in phone["texts"]]
    assert len(texts) == run.report["handsets"]["texts"]
    assert len({text["messageId"] for text in texts}) == len(texts)


def test_every_command_that_it_names_works_on_what_it_leaves_behind(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, *others = [words.split() for words, _ in NEXT]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    again = subprocess.Popen(
        [sys.executable, "-m", "outagectl", *first, "--data", str(run.folder)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert again.stdout is not None
        # Ends when it ends: what does not start again is no endless wait.
        assert any("Everything runs" in line for line in again.stdout), "the data left behind do not start again"
        # In this process: forty times Python and its imports are half of what all of them cost.
        for name in os.environ.keys() - environment.keys():
            monkeypatch.delenv(name)
        (tmp_path / "build").mkdir()  # where the demo's folder lies unless it is named; a page is written there
        monkeypatch.chdir(tmp_path)
        ctl = Ctl().on(run.folder)
        for words in others:
            ended = ctl.here(*words)
            if "--story" in words:
                assert _by_time(ended.out) == _by_time(STORY.read_text(encoding="utf-8").split("```")[1])[2:], (
                    f"{STORY.name} has another story: put in what outagectl {' '.join(words)} prints"
                )
            assert ended.code == 0, f"outagectl {' '.join(words)}: {ended.err}{ended.out[-2000:]}"
            assert ended.out.strip(), f"outagectl {' '.join(words)} says nothing"
        assert (tmp_path / "build" / "march.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        _no_number_stands_anywhere(run, ctl)
    finally:
        again.send_signal(signal.SIGINT)
        again.communicate(timeout=60)


def _by_time(said: str) -> list[str]:
    """The lines; of one minute and one service in the order of their words, for which text was asked for first is the machine's."""
    lines = [line.rstrip() for line in said.strip().splitlines()]
    groups = (list(of) for _, of in groupby(lines, key=lambda line: line[:STORY_HEAD] if line[2:4].isdigit() else line))
    return [line for group in groups for line in sorted(group)]


def _no_number_stands_anywhere(run: Run, ctl: Ctl) -> None:
    """However written: on no topic, in no table, metric, log, quarantine, audit or evidence, in no file of the servers."""
    phones = json.loads(ctl.here("phones", "--json").out)
    assert all(len(phone["customers"]) == 1 for phone in phones), "whose each telephone is"
    assert {text["state"] for phone in phones for text in phone["texts"]} == {"delivered"}
    assert {text["provider"] for phone in phones for text in phone["texts"]} == {"twilio", "sms-gateway"}
    numbers = Numbers([phone["number"] for phone in phones])
    assert len(phones) == run.report["handsets"]["numbers"]
    assert numbers.in_text(f"call {phones[0]['number'][:6]} {phones[0]['number'][6:]}"), "it would be found"
    mrids = [one["mRID"] for one in run.report["outages"]]

    with ThreadPoolExecutor(1) as thread:  # a command has a loop of its own

        def said(*words: str) -> str:
            return thread.submit(ctl.here, *words).result().out

        # What the demo tells has the simulator's handsets, by their numbers: that is what it is to show.
        assert asyncio.run(places(run.folder, numbers, said, mrids)) == []


def test_it_never_begins_in_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    ended = outagectl("demo", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "holds something that is no demo's" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
