"""The log book of the demo: how events become lines, and what the demo refuses to touch."""

import fcntl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.text import Text

from demo.city import folder as demo_folder
from demo.city.book import _no_stop_alone
from demo.city.command import DemoFailed, _stages
from demo.city.folder import MARKER, fresh, refuse_outside
from demo.logbook.news import News, SetAside
from demo.logbook.outcome import promises_of
from operations.errors import Away, Misused, Refused
from schemas.contracts.base import Period
from tests.kits.logbook import HOSPITAL, NIGHT, TIMES, WORKS, a_story, asked, entry, promise, text, told


def test_a_fact_that_three_services_recorded_is_told_once_before_what_was_decided() -> None:
    fact = {"mRID": "F1", "restoredAt": NIGHT.isoformat()}
    lines = told(
        entry("restoration.confirmed.v1", fact, position=2),
        *(entry("supply.restored.v1", fact, service=name) for name in ("notifier", "planner", "restorer")),
    )
    assert [(one.who, one.what) for one in lines] == [
        ("dispatch", "says the power is back everywhere since 02:14"),
        ("restorer", "confirms: power is back since 02:14"),
    ]


def test_a_fact_told_at_an_earlier_look_is_not_told_again() -> None:
    story = a_story()
    fact = {"mRID": "F1", "restoredAt": NIGHT.isoformat()}
    assert len(story.lines(News([entry("supply.restored.v1", fact)]))) == 1
    assert story.lines(News([entry("supply.restored.v1", fact, service="notifier")])) == []


def test_what_a_service_keeps_for_itself_is_not_told() -> None:
    kinds = ("customer.touched.v1", "text.meant.v1", "audience.matched.v1", "watch.fired.v1")
    assert told(*(entry(kind, {"messageId": "m1"}, service="notifier") for kind in kinds)) == []


def test_the_notifier_noting_what_another_service_decided_is_not_told() -> None:
    assert told(entry("notice.published.v1", {"noticeId": "P1/1"}, service="notifier", cause="/outage/planner/1")) == []


def test_promises_of_parallel_rules_are_one_line_with_both_rules() -> None:
    (line,) = told(
        promise("made", "one-working-day", obligation="restore-supply"),
        promise("made", "within-24h", obligation="restore-supply"),
    )
    assert line.what == "promises power back by Fri 6 March 02:14"
    assert line.notes == ("rule one-working-day (第2篇)", "rule within-24h (第2篇)")


def test_a_verdict_says_what_was_promised_though_it_names_only_the_promise() -> None:
    kept_at = NIGHT + timedelta(hours=1)
    verdict = promise("kept", "r", at=kept_at.isoformat(), reason="done-in-time")
    _, line = told(promise("made", "r", obligation="restore-supply"), replace(verdict, at=kept_at))
    assert line.what == "promise kept: power came back, 23 h before it was due (Fri 6 March 02:14)"
    assert line.notes == ("why: done-in-time · rule r (第2篇)",)
    assert line.tone == "good"


def test_a_rule_that_was_not_checked_says_so() -> None:
    unsure = {"ruleId": "r", "verified": False}
    (line,) = told(promise("made", "r", obligation="fault-done", rule=unsure))
    assert line.notes == ("rule r, not checked at its source",)


def test_a_refusal_shows_what_is_not_met_and_the_lawful_start() -> None:
    finding = {"rule": {"ruleId": "r"}, "reason": "notice-too-short", "holds": False, "marginSeconds": -3600}
    (line,) = told(
        entry(
            "plan.rejected.v1",
            {
                "mRID": "P1",
                "reasons": ["notice-too-short"],
                "earliestLawfulStart": "2026-03-09T16:00:00Z",
                "findings": [
                    {**finding, "required": "7 days: a start from 2026-03-10T00:00:00+08:00"},
                    {"rule": {"ruleId": "met"}, "reason": "rule-met", "holds": True},
                ],
            },
            service="planner",
        )
    )
    assert line.what == "refuses the plan: notice-too-short; the earliest lawful start is Tue 10 March 00:00"
    assert line.notes == (
        "why: notice-too-short, 1 h short · rule r",
        "required: 7 days: a start from Tue 10 March 00:00",
    )


def test_the_first_text_of_a_kind_is_shown_in_full_and_in_english() -> None:
    lines = told(
        asked("m2", WORKS),
        asked("m1", HOSPITAL),
        texts=(text("m2", "+447700900103"), text("m1", "+447700900101")),
    )
    assert [one.who for one in lines] == ["notifier", "phone"]
    assert lines[0].what == "texts 2 key customers: “the power is off; expected back at …”"
    assert lines[1].what == "the hospital, +447700900101"
    assert lines[1].body == "停电 m1"
    assert lines[1].gloss is not None
    assert lines[1].gloss.startswith("Hello!")


def test_a_later_text_of_the_kind_is_told_by_its_times_alone() -> None:
    story = a_story()
    story.lines(News([asked("m1", HOSPITAL)], [text("m1", "+447700900101")]))
    meant = entry("text.meant.v1", {"messageId": "m2", "ert": "2026-03-05T05:00:00+08:00"}, service="notifier")
    (line,) = story.lines(News([meant, asked("m2", WORKS)], [text("m2", "+447700900103")]))
    assert line.what == "texts 电子厂: “the power is off; expected back at 05:00”"
    assert line.body is None


def test_texts_that_name_other_times_are_lines_of_their_own() -> None:
    late = entry("text.meant.v1", {"messageId": "m2", "ert": "2026-03-05T08:30:00+08:00"}, service="notifier")
    soon = entry("text.meant.v1", {"messageId": "m1", "ert": "2026-03-05T05:00:00+08:00"}, service="notifier")
    lines = told(late, soon, asked("m1", HOSPITAL), asked("m2", WORKS))
    assert [one.what for one in lines] == [
        "texts the hospital: “the power is off; expected back at 05:00”",
        "texts 电子厂: “the power is off; expected back at 08:30”",
    ]


def test_a_text_whose_answer_was_lost_says_how_it_was_found() -> None:
    found = entry("message.accepted.v1", {"messageId": "m1", "foundBy": "callback"}, service="notifier")
    lines = told(asked("m1", HOSPITAL), found)
    assert lines[1].what.startswith("knows from Twilio's receipt that the text to the hospital was created after all")
    answered = entry("message.accepted.v1", {"messageId": "m1", "foundBy": "answer"}, service="notifier")
    assert len(told(asked("m1", HOSPITAL), answered)) == 1


def test_who_has_a_text_is_named_by_its_receipt() -> None:
    delivered = [entry("message.delivered.v1", {"messageId": name}, service="notifier") for name in ("m2", "m1")]
    *_, line = told(asked("m1", HOSPITAL), asked("m2", WORKS), *delivered)
    assert line.what == "has receipts: 2 texts delivered (the hospital, 电子厂)"


def test_at_one_instant_lines_stand_by_service_stream_and_version_and_not_by_arrival() -> None:
    closed = [
        entry("outage.closed.v1", {"mRID": name}, stream_id=f"outage/{name}", position=position, cause=name)
        for name, position in (("F2", 1), ("F1", 2))
    ]
    lines = told(*closed, entry("plan.accepted.v1", {"mRID": "P1"}, service="planner", stream_id="outage/P1"))
    assert [one.about for one in lines] == ["P1", "F1", "F2"]


def test_a_plan_that_may_go_ahead_shows_the_rule_it_met_most_narrowly() -> None:
    findings = [
        {"rule": {"ruleId": name}, "reason": "rule-met", "holds": True, "marginSeconds": margin}
        for name, margin in (("wide", 7200), ("narrow", 60))
    ]
    (line,) = told(entry("plan.accepted.v1", {"mRID": "P1", "findings": findings}, service="planner"))
    assert line.notes == ("why: rule-met, 1 min in hand · rule narrow · 1 more rule met",)


def test_a_notice_is_printed_in_full_once() -> None:
    story = a_story()
    notice = {"mRID": "P1", "noticeId": "P1/1", "text": {"zh-CN": "停电类型"}}
    (first,) = story.lines(News([entry("notice.published.v1", notice, service="planner", cause="1")]))
    (second,) = story.lines(News([entry("notice.published.v1", notice, service="planner", cause="2")]))
    assert (first.body, second.body) == ("停电类型", None)
    assert first.gloss is not None


def test_a_type_without_words_is_not_told() -> None:
    assert told(entry("something.new.v1", {}), entry("something.new.v1", {}, service="notifier")) == []


def test_what_all_services_set_aside_is_one_line() -> None:
    aside = tuple(SetAside(name, NIGHT, "/d/1 (x)", "wrong-type", "no zone") for name in ("planner", "restorer"))
    (line,) = told(aside=aside)
    assert line.what.startswith("planner and restorer set aside /d/1 (x)")
    assert line.notes == ("why: wrong-type · no zone",)


def test_words_of_dispatch_are_explained() -> None:
    (line,) = told(entry("cause.cleared.v1", {"mRID": "F1", "clearedAt": NIGHT.isoformat(), "cause": "树枝"}))
    assert line.what == "says the cause is cleared since 02:14: 树枝 (a branch)"


def test_the_day_is_named_only_where_it_is_another() -> None:
    t = TIMES.on(NIGHT)
    assert t.text("2026-03-04T18:20:00Z") == "02:20"
    assert t.text("2026-03-05T18:20:00Z") == "Fri 6 March 02:20"
    assert t.text("later") == "later"
    work = Period(start=datetime(2026, 3, 11, 0, tzinfo=UTC), end=datetime(2026, 3, 11, 9, tzinfo=UTC))
    assert t.period(work) == "Wed 11 March 08:00 to 17:00"


def test_no_line_begins_with_a_chinese_stop() -> None:
    parts = _no_stop_alone([Text("停电"), Text("。咨询请拨95598"), Text("。")])
    assert [part.plain for part in parts] == ["停电。", "咨询请拨95598。"]


async def test_an_earlier_demo_is_removed_and_the_folder_marked_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    await fresh(folder)
    (folder / "old").touch()
    assert await fresh(folder) == folder
    assert [path.name for path in folder.iterdir()] == [MARKER]


async def test_what_is_no_demos_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(Refused, match="no demo's"):
        await fresh(tmp_path)
    with pytest.raises(Refused, match="no folder"):
        await fresh(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").exists()


async def test_a_link_to_a_demo_is_not_followed(tmp_path: Path) -> None:
    await fresh(tmp_path / "data")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    with pytest.raises(Refused, match="is a link"):
        await fresh(tmp_path / "link")


async def test_a_demo_whose_stack_still_runs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_folder, "PATIENCE", 0.0)
    await fresh(tmp_path)
    with (tmp_path / "stack.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Away, match="in use by process 4711"):
            await fresh(tmp_path)
    assert (tmp_path / "stack.lock").exists()


def test_the_demo_never_plays_on_other_peoples_servers() -> None:
    refuse_outside({"PATH": "/bin", "OUTAGE_ZONE": "Asia/Shanghai", "OUTAGE_KAFKA": ""})
    for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_TWILIO_URL"):
        with pytest.raises(Misused, match=f"unset {name}"):
            refuse_outside({name: "x"})


async def test_a_part_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    stage = _stages(tmp_path, Path("build/demo/data"))
    with pytest.raises(DemoFailed) as caught:
        async with stage("a fault comes at night"):
            raise TimeoutError("notifier: 3 texts in hand")
    assert "failed where a fault comes at night: notifier: 3 texts in hand" in str(caught.value)
    assert "build/demo/data/notifier.log" in str(caught.value)
    assert "TimeoutError" in (tmp_path / "demo.log").read_text(encoding="utf-8")


def test_instants_of_a_book_are_never_in_utc_by_accident() -> None:
    assert TIMES.at(datetime(2026, 3, 4, 18, 14, tzinfo=UTC)) == "Thu 5 March 02:14"


def test_what_a_service_notes_of_anothers_word_is_told_by_its_owner_alone() -> None:
    word = {"mRID": "F1", "restoredAt": NIGHT.isoformat()}
    noted = entry("restoration.confirmed.v1", word, service="planner", cause="/outage/restorer/1")
    lines = told(noted, entry("restoration.confirmed.v1", word, service="restorer"))
    assert [one.who for one in lines] == ["restorer"]


def test_a_promise_kept_as_it_is_made_is_one_line() -> None:
    at = NIGHT.isoformat()
    (line,) = told(
        promise("made", "r", obligation="public-told-in-time"),
        promise("kept", "r", at=at, reason="published-in-time", cause="2"),
    )
    assert line.what.startswith("promise kept: the public was told, 1 d before it was due")


def test_a_promise_nobody_waits_for_any_more_says_what_it_was() -> None:
    *_, line = told(
        promise("made", "r", obligation="restore-supply"), promise("voided", "r", reason="notice-withdrawn")
    )
    assert line.what == "promise void, nobody waits for it: power back by Fri 6 March 02:14"


def test_a_promise_that_a_report_takes_over_as_it_is_made_is_not_told() -> None:
    (line,) = told(
        promise("made", "unreported", obligation="crew-on-site"),
        promise("made", "reported", obligation="crew-on-site", cause="2"),
        promise("voided", "unreported", reason="reported", cause="2"),
    )
    assert (line.what, len(line.notes)) == ("promises a crew on site by Fri 6 March 02:14", 1)


def test_one_that_stood_before_it_was_taken_over_is() -> None:
    made = promise("made", "unreported", obligation="crew-on-site")
    later = replace(promise("voided", "unreported", reason="reported"), at=made.at + timedelta(minutes=5), version=2)
    *_, line = told(made, later)
    assert line.what == "promise void, that from the report counts: a crew on site by Fri 6 March 02:14"


def test_every_promise_has_its_latest_verdict_in_the_table() -> None:
    made = promise("made", "r", obligation="restore-supply")
    broken = promise("broken", "r", reason="deadline-passed")
    corrected = promise("corrected", "r", was="broken", now="kept", reason="late-fact")
    open_one = promise("made", "s", obligation="crew-on-site")
    rows = promises_of([made, replace(broken, version=2), replace(corrected, version=3), open_one])
    assert [(row.rule_id, row.verdict) for row in rows] == [("r", "kept"), ("s", "open")]


def test_a_month_is_counted_in_one_line_with_every_rule_that_has_a_figure() -> None:
    rate = {"ruleId": "cn.followup.rate", "source": "第2篇"}
    said = {"month": "2026-03", "number": 1, "unit": "percent", "judgedAt": NIGHT.isoformat(), "reason": "month-over"}
    (line,) = told(
        entry(
            "aggregate.judged.v1", {**said, "rule": rate, "verdict": "kept", "figure": 97.5, "limit": 90, "counted": 40}
        ),
        entry("aggregate.judged.v1", {**said, "rule": {"ruleId": "a"}, "verdict": "no-cases"}),
        entry("aggregate.judged.v1", {**said, "rule": {"ruleId": "b"}, "verdict": "not-measured"}),
        entry(
            "month.judged.v1",
            {"month": "2026-03", "number": 1, "cases": 41, "digest": "d", "judgedAt": NIGHT.isoformat()},
            stream_id="month/2026-03",
        ),
    )
    assert (line.about, line.what) == (
        "2026-03",
        "counts the month: 41 cases; and judges what is asked of all of them together",
    )
    assert line.notes == (
        "kept: 97.5 % of 40 cases, asked is 90 · rule cn.followup.rate (第2篇)",
        "1 rule without a case",
    )


def test_a_month_that_opens_is_not_told() -> None:
    day = NIGHT.isoformat()
    opened = {"month": "2026-03", "beginsAt": day, "endsAt": day, "judgedFrom": day, "openedAt": day}
    assert told(entry("month.opened.v1", opened)) == []
