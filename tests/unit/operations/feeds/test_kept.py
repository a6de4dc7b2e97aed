"""What a feed remembers on disk: whenever the machine stops, no fact is lost, and none is told under a second id."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds import bchydro, ssen
from operations.errors import Away, NotFound, Refused
from operations.feeds import kept as keeping
from operations.feeds.believing import BELIEVED, leave_word, question_in
from operations.feeds.kept import FeedFile, read_state
from tests.kits.lists.polled import at, row


def body(*rows: dict[str, Any]) -> str:
    return json.dumps(rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "feed.json"


def opened(path: Path) -> FeedFile:
    return FeedFile(path, bchydro.SOURCE)


def test_what_a_list_leads_to_is_written_down_before_it_is_sent(path: Path) -> None:
    with opened(path) as file:
        taken = file.take(at(0), body(row()))
        (_, waiting) = read_state(path, bchydro.SOURCE)
    assert [event.id for event in waiting] == [event.id for event in taken.events]
    assert [event.data for event in waiting] == [event.data for event in taken.events]


def test_after_a_crash_the_facts_wait_under_their_ids_and_the_list_is_not_told_again(path: Path) -> None:
    with opened(path) as file:
        ids = [event.id for event in file.take(at(0), body(row())).events]
    with opened(path) as file:
        assert (file.gone_on, [event.id for event in file.waiting]) == (True, ids)
        assert file.take(at(5), body(row())).events == ()
        assert [event.id for event in file.waiting] == ids
        file.sent()
    with opened(path) as file:
        assert file.waiting == ()
        assert file.feed.open_outages() == {"bchydro-77"}


def test_facts_of_later_lists_queue_behind_those_that_wait(path: Path) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
        file.take(at(5), body(row(), row(id=78)))
        assert [getattr(event.data, "mrid", None) for event in file.waiting] == ["bchydro-77"] * 2 + ["bchydro-78"] * 2


def test_a_state_that_cannot_be_written_means_that_nothing_was_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
        file.sent()
        with monkeypatch.context() as full:
            full.setattr(keeping, "write_whole", disk_full)
            with pytest.raises(Refused, match=r"No space left on device.*nothing was taken"):
                file.take(at(5), body(row(), row(id=78)))
        assert (file.waiting, file.feed.open_outages()) == ((), {"bchydro-77"})
        again = file.take(at(10), body(row(), row(id=78)))
    assert [event.key for event in again.events] == ["bchydro-78"] * 2


def disk_full(path: Path, content: bytes, *, keep: bool = False) -> None:
    raise OSError(28, "No space left on device", str(path))


@pytest.mark.parametrize("damage", [b"", b"{", b"[1, 2]", b'{"form": "outage feed"}', b"\xff\xfe", b"\x00" * 100])
def test_a_damaged_state_is_said_with_the_way_on_and_left_as_it_is(path: Path, damage: bytes) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
        file.sent()
    path.write_bytes(damage)
    with pytest.raises(Refused, match=rf"{path} is damaged .*nothing was polled: `cp {path}\.before {path}`.*--fresh"):
        opened(path)
    assert path.read_bytes() == damage


def test_the_state_of_a_moment_before_goes_on_with_nothing_lost(path: Path) -> None:
    with opened(path) as file:
        ids = [event.id for event in file.take(at(0), body(row())).events]
        file.sent()
    path.write_bytes(path.with_name("feed.json.before").read_bytes())
    with opened(path) as file:
        assert [event.id for event in file.waiting] == ids, "sent once more, under the same ids"


def test_a_state_with_facts_that_are_none_is_damaged_too(path: Path) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
    state = json.loads(path.read_text(encoding="utf-8"))
    state["waiting"][0]["data"] = {"mRID": "x"}
    path.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(Refused, match="is damaged"):
        opened(path)


def test_a_state_of_another_feed_or_program_is_not_gone_on_with(path: Path) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
    with pytest.raises(Refused, match="belongs to connectors/bchydro"):
        FeedFile(path, ssen.SOURCE)
    state = json.loads(path.read_text(encoding="utf-8")) | {"version": 9}
    path.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(Refused, match="of version 9, this program knows"):
        opened(path)


def test_begun_anew_it_keeps_what_was_there_beside_it(path: Path) -> None:
    with opened(path) as file:
        file.take(at(0), body(row()))
    old = path.read_bytes()
    with FeedFile(path, bchydro.SOURCE, fresh=True) as file:
        assert not file.gone_on
        file.take(at(5), body(row()))
    assert path.with_name("feed.json.before").read_bytes() == old


def test_two_processes_do_not_work_with_one_state(path: Path) -> None:
    with opened(path):
        with pytest.raises(Away, match="another process works with"):
            opened(path)
    with opened(path):
        pass


def test_a_place_where_nothing_can_be_kept_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refused, match="name another file with --state"):
        opened(tmp_path / "file" / "feed.json")


# --- a list that is not believed, and a person's word


def emptied(path: Path) -> None:
    with opened(path) as file:
        file.take(at(0), body(*(row(id=number) for number in range(1, 9))))
        file.take(at(15), body())
        file.sent()


def test_the_word_of_a_person_reaches_the_poller_that_holds_the_state(path: Path) -> None:
    emptied(path)
    with opened(path) as file:
        assert file.heed() is None
        leave_word(path, question_in(path), "wei")
        word = file.heed()
        assert word is not None
        assert (word.by, word.since) == ("wei", at(15))
        assert len(file.take(at(45), body()).events) == 8
    assert not path.with_name(path.name + BELIEVED).exists()


def test_a_word_on_an_earlier_question_says_nothing_of_this_one(path: Path) -> None:
    emptied(path)
    leave_word(path, question_in(path), "wei")
    eight = body(*(row(id=number) for number in range(1, 9)))
    with opened(path) as file:
        file.take(at(30), eight)
        file.take(at(45), body())
        assert file.feed.vanished is not None
        assert file.heed() is None
        assert file.take(at(90), body()).events == ()


def test_where_nothing_is_asked_nothing_can_be_believed(path: Path) -> None:
    with pytest.raises(NotFound, match="there is no state"):
        question_in(path)
    with opened(path) as file:
        file.take(at(0), body(row()))
    with pytest.raises(Refused, match="nothing to believe"):
        question_in(path)
