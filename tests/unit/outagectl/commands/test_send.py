"""What is sent is checked first: each event names what is wrong with it, and nothing goes out unless all is well."""

import json
from pathlib import Path
from typing import Any

import pytest

from operations.duty.events import check
from operations.errors import Refused
from operations.system.broker import LARGEST_BYTES
from tests.kits.ctl import Ctl


def event(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": "1",
        "source": "/dispatch/east",
        "type": "cause.cleared.v1",
        "time": "2026-03-05T09:12:00+08:00",
        "data": {"mRID": "o1", "clearedAt": "2026-03-05T09:10:00+08:00"},
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def lines(*events: object) -> bytes:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in events).encode()


def test_lines_and_an_array_are_read_alike_and_empty_lines_count_but_say_nothing() -> None:
    by_line = check(b"\n" + lines(event(), "", event(id="2")) + b"\r\n")
    by_array = check(json.dumps([event(), event(id="2")]).encode())
    assert [one.number for one in by_line] == [2, 4]
    assert [one.message for one in by_line] == [one.message for one in by_array]
    assert [one.message.key for one in by_line if one.message] == [b"o1", b"o1"]


def test_one_event_written_twice_in_two_ways_is_one_as_it_is_for_the_services_and_one_of_another_type_is_not() -> None:
    again = event(data={"clearedAt": "2026-03-05T01:10:00.000Z", "mRID": "o1", "cause": None})
    assert [one.problem for one in check(lines(event(), again))] == [None, None]
    other = event(
        type="crew.status.v1", data={"mRID": "o1", "crewStatus": "arrived", "at": "2026-03-05T09:10:00+08:00"}
    )
    first, second = check(lines(event(), other))
    assert first.problem is None
    assert "with other content" in str(second.problem)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert check(b"\xef\xbb\xbf" + lines(event()))[0].message is not None


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"id": None}, "id", "is missing"),
        ({"source": None}, "source", "is missing"),
        ({"type": "cause.guessed.v1"}, "type", "is not a type we know"),
        ({"time": "2026-03-05T09:12:00"}, "time", "has no zone"),
        ({"time": "0225-03-05T09:12:00Z"}, "time", "is outside 2000 to 2199"),
        ({"data": {"mRID": "o1", "clearedAt": "2026-03-05T09:10:00"}}, "clearedAt", "datetime"),
        ({"data": {"mRID": "o1"}}, "clearedAt", "is missing"),
        ({"subject": "o2"}, "subject", "which the data gives"),
        ({"specversion": "0.3"}, "specversion", "is not 1.0"),
        (
            {
                "type": "planned.cancelled.v1",
                "data": {"mRID": "o1", "revisionNumber": 0, "cancelledAt": "2026-03-05T09:10:00+08:00"},
            },
            "revisionNumber",
            ">= 1",
        ),
    ],
)
def test_a_bad_event_is_refused_with_field_problem_and_remedy(changes: dict[str, Any], field: str, words: str) -> None:
    (one,) = check(lines(event(**changes)))
    assert one.message is None
    assert one.field == field
    assert words in str(one.problem)
    assert one.remedy


@pytest.mark.parametrize(
    "changes",
    [{"time": "2026-03-05T24:00:00+08:00"}, {"data": {"mRID": "o1", "clearedAt": "2026-03-05T24:00:00+08:00"}}],
)
def test_who_writes_24_00_is_told_how_it_is_written(changes: dict[str, Any]) -> None:
    (one,) = check(lines(event(**changes)))
    assert "24:00 is 00:00 of the next day" in str(one.remedy)


def test_what_is_not_json_is_refused_by_line() -> None:
    good, bad = check(lines(event(), "{"))
    assert good.message is not None
    assert (bad.number, bad.message) == (2, None)
    assert "not JSON" in str(bad.problem)
    with pytest.raises(Refused, match="the array is not JSON"):
        check(b"[{]")


def test_a_services_own_words_are_not_for_outsiders() -> None:
    confirmed = {
        "mRID": "o1",
        "restoredAt": "2026-03-05T09:10:00Z",
        "confirmedAt": "2026-03-05T09:10:00Z",
        "reason": "x",
    }
    (one,) = check(lines(event(type="restoration.confirmed.v1", data=confirmed)))
    assert (one.message, one.field) == (None, "type")
    assert "by a service of the system only" in str(one.problem)


def test_an_event_above_the_brokers_limit_is_refused_with_its_size() -> None:
    # Above what the broker takes of us, below what any record may have.
    points = [f"{n:0100}" for n in range((LARGEST_BYTES + 20_000) // 103)]
    extent = {"mRID": "o1", "changedAt": "2026-03-05T09:10:00Z", "extent": {"usagePoints": points}}
    (one,) = check(lines(event(type="extent.changed.v1", data=extent)))
    assert (one.message, one.field) == (None, "data")
    assert "the broker takes 999,000" in str(one.problem)


def test_one_id_with_two_contents_is_refused_but_said_twice_alike_is_harmless() -> None:
    other = event(data={"mRID": "o1", "clearedAt": "2026-03-05T09:11:00+08:00"})
    first, again, changed = check(lines(event(), event(), other))
    assert first.message == again.message
    assert changed.message is None
    assert "that of line 1, with other content" in str(changed.problem)


def test_one_bad_event_keeps_all_from_being_sent_and_no_broker_is_asked(
    tmp_path: Path, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.jsonl").write_bytes(lines(event(), event(id=None)))
    said = ctl.here("send", "events.jsonl", "--json")
    assert said.code == 1
    answer = json.loads(said.out)
    assert (answer["sent"], answer["refused"]) == (0, 1)
    assert [row["sent"] for row in answer["events"]] == [False, False]
    assert json.loads(said.err)["exitCode"] == 1


def test_skip_bad_is_advised_where_it_helps_and_was_not_given_already(
    tmp_path: Path, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.jsonl").write_bytes(lines(event(), event(id=None)))
    (tmp_path / "none.jsonl").write_bytes(lines(event(id=None)))
    assert "mend them, or --skip-bad" in ctl.here("send", "some.jsonl").err
    for told in (ctl.here("send", "none.jsonl"), ctl.here("send", "none.jsonl", "--skip-bad")):
        assert "mend them" in told.err
        assert "--skip-bad" not in told.err


def test_a_file_that_is_not_there_or_says_nothing_is_named(
    tmp_path: Path, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = ctl.here("send", "none.jsonl")
    assert (code, "there is no file none.jsonl" in err) == (3, True)
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    code, _, err = ctl.here("send", "empty.jsonl")
    assert (code, "holds no event" in err) == (1, True)


def test_an_example_as_it_is_written_over_many_lines_is_one_event() -> None:
    (one,) = check((Path(__file__).parents[4] / "schemas/examples/fault.reported.v1.json").read_bytes())
    assert one.message is not None
