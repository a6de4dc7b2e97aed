"""What the log says about a promise, folded: a service's record and the read model's row tell the same life."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import zip_longest

import msgspec
from hypothesis import given

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.promises import Promise
from services.kernel.reading.projections import LogReader
from services.promises import OPEN_STATES, PromiseRecord, after, record_of, remember, shown
from services.readmodels.promises import PromiseRow, PromiseRows
from tests.kits.promises import DUE, START, lives, made, said


def test_a_promise_just_made_is_open_and_nobody_was_warned() -> None:
    record = record_of(made())
    assert (record.standing, record.state, record.at_risk, record.corrections) == ("open", "open", False, 0)
    assert shown(record) == {
        "promiseId": "F-1/cn.fault-done/1",
        "ruleId": "cn.fault-done",
        "dueAt": DUE,
        "atRiskAt": DUE - timedelta(hours=4),
        "state": "open",
    }


def test_a_promise_warned_of_more_than_once_shows_when_and_how_often_it_was() -> None:
    again = (DUE - timedelta(hours=2),)
    record = folded(made(warn_again_at=again), said("at-risk", number=1, of=2), said("at-risk", number=2, of=2))
    told = shown(record)
    assert (told["state"], told["warnAgainAt"], told["warned"]) == ("atRisk", again, 2)


def test_a_warning_changes_no_verdict() -> None:
    record = folded(made(), said("kept"), said("at-risk"))
    assert (record.standing, record.state, record.at_risk) == ("kept", "kept", True)
    assert folded(made(), said("at-risk")).state == "atRisk"


def test_a_correction_is_counted_and_its_reason_is_the_one_that_stands() -> None:
    record = folded(
        made(), said("broken", unproven=True), said("corrected", was="broken", now="kept", reason="late-word")
    )
    assert (record.standing, record.corrections, record.reason, record.unproven) == ("kept", 1, "late-word", True)


def test_a_word_about_another_promise_changes_nothing() -> None:
    record = record_of(made())
    assert after(record, said("broken", promise_id="F-2/cn.fault-done/1")) is record
    assert after(None, said("broken")) is None
    records = remember({}, made())
    assert remember(records, said("broken", promise_id="F-2/cn.fault-done/1")) is records


@given(lives())
def test_the_read_model_shows_what_the_record_says(words: list[Promise]) -> None:
    record, row = folded(*words), _row(words)
    assert (row.state in OPEN_STATES) == (record.state in OPEN_STATES)
    assert (row.state, row.reason) == ("made" if record.state == "open" else record.state, record.reason)
    assert ((row.corrected_from is not None), bool(row.unproven)) == (record.corrections > 0, record.unproven)
    assert (row.promise_id, row.mrid, row.obligation) == (record.promise_id, record.mrid, record.obligation)
    assert (row.warnings, row.why) == (len(record.warnings), record.why.reason if record.why else None)
    assert (row.warned or 0) == record.warned


@given(lives(), lives())
def test_each_promise_is_folded_by_itself_however_the_words_of_several_are_mixed(
    words: list[Promise], more: list[Promise]
) -> None:
    others = [msgspec.structs.replace(word, promise_id="F-2/cn.fault-done/1") for word in more]
    records: Mapping[str, PromiseRecord] = {}
    for pair in zip_longest(words, others):
        for word in filter(None, pair):
            records = remember(records, word)
    assert list(records.values()) == [folded(*words), folded(*others)]


def folded(*words: Promise) -> PromiseRecord:
    record: PromiseRecord | None = None
    for word in words:
        record = after(record, word)
    assert record is not None
    return record


def _row(words: list[Promise]) -> PromiseRow:
    model = PromiseRows()
    rows = [
        (position, "outage/F-1", TYPE_OF[type(word)], msgspec.json.encode(word).decode(), START)
        for position, word in enumerate(words, 1)
    ]
    (row,) = model.fold(LogReader(model).events(rows))
    return row
