"""`outagectl import feed` and `outagectl poll` as they are typed: what is refused before anything is asked, what a dry run says."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds import bchydro
from operations.errors import Misused, Refused
from operations.feeds.kept import FeedFile
from tests.kits.ctl import Ctl
from tests.kits.lists.polled import at, row


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_KAFKA", raising=False)
    path = tmp_path / "lists.jsonl"
    bodies: list[Any] = [
        [row(crewStatusDescription="Gone fishing"), row(id=78), {"id": None}],
        [row(crewStatusDescription="Gone fishing"), row(id=78)],
        "<html>",
    ]
    lines = [json.dumps({"at": at(15 * number).isoformat(), "body": body}) for number, body in enumerate(bodies)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_dry_run_shows_lists_rows_unknown_words_and_facts(lists: Path, ctl: Ctl) -> None:
    code, out, _ = ctl.here("import", "feed", str(lists), "--reader", "bchydro", "--dry-run")
    assert code == 0
    for words in (
        "3 lists, 2023-05-10 20:00:00 to 2023-05-10 20:30:00",
        "5 rows, 1 unreadable, 0 double; 2 outages, 2 of them open now",
        "crewStatusDescription │ Gone fishing │ 2",
        "refused: no JSON",
        "outage.started.v1",
        "The first row that could not be read: The row does not say which outage it speaks of (id is missing).",
    ):
        assert words in out, out
    assert "sent to outage.dispatch" not in out


async def test_a_dry_run_says_the_same_to_programs(lists: Path, ctl: Ctl) -> None:
    told = await ctl.json("import", "feed", str(lists), "--reader", "bchydro", "--dry-run")
    assert (told["rows"], told["unreadableRows"], told["open"], told["sent"]) == (5, 1, 2, {})
    assert told["unknownWords"] == {"crewStatusDescription": {"Gone fishing": 2}}
    assert told["byOutcome"] == {"good": 1, "not-json": 1, "partly-unreadable": 1}
    assert told["facts"] == {"fault.reported.v2": 2, "outage.started.v1": 2}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--reader", "nobody", "--dry-run"), Misused.code, "name bchydro or ssen"),
        (("--reader", "ssen", "--dry-run"), Refused.code, "nothing in it can be read as a list of ssen"),
        (("--reader", "bchydro"), Refused.code, "facts of more than 7 days ago are held"),
        (("--reader", "bchydro", "--from", "soon"), Misused.code, "--from 'soon' is no instant"),
        (("--reader", "bchydro", "--dry-run", "--until", "2020-01-01T00:00Z"), Refused.code, "no list in that span"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_the_way_on(
    lists: Path, ctl: Ctl, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = ctl.here("import", "feed", str(lists), *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "poll needs an address and --reader"),
        (("https://127.0.0.1/x",), "poll needs an address and --reader"),
        (("https://127.0.0.1/x", "--reader", "bchydro", "--every", "1s"), "too often for somebody else's server"),
        (("https://127.0.0.1/x", "--reader", "bchydro", "--every", "often"), "no span of time"),
        (("list.json", "--reader", "bchydro"), "no address of HTTP"),
        (("https://127.0.0.1/x", "--reader", "bchydro", "--metrics", "here"), "no address to serve at"),
        (("--believe",), "whose list is meant is not said"),
    ],
)
def test_a_poll_that_makes_no_sense_is_refused_before_anybody_is_asked(
    lists: Path, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:1")
    ended = ctl.here("poll", *words)
    assert (ended.code, said in ended.err) == (Misused.code, True), ended.err


def test_a_poll_without_a_system_says_where_one_is_named(lists: Path, ctl: Ctl) -> None:
    ended = ctl.here("poll", "https://127.0.0.1/x", "--reader", "bchydro")
    assert (ended.code, "set OUTAGE_KAFKA" in ended.err) == (4, True)


def test_a_person_sees_the_question_before_believing_it(lists: Path, ctl: Ctl) -> None:
    state = lists.with_name("feed.json")
    with FeedFile(state, bchydro.SOURCE) as kept:
        kept.take(at(0), json.dumps([row(id=number) for number in range(41)]))
        kept.take(at(15), "[]")
    ended = ctl.here("poll", "--believe", "--state", str(state))
    assert ended.code == Refused.code
    assert "names 0 outages; the one before it named 41. 41 outages were gone at once" in ended.out
    assert "add --yes to do it" in ended.err
    assert ctl.here("poll", "--believe", "--state", str(state), "--yes").code == 0
    with FeedFile(state, bchydro.SOURCE) as kept:
        assert kept.heed() is not None


def test_where_no_list_is_in_question_there_is_nothing_to_believe(lists: Path, ctl: Ctl) -> None:
    ended = ctl.here("poll", "--believe", "--state", "none.json", "--yes")
    assert (ended.code, "there is no state none.json" in ended.err) == (3, True)
