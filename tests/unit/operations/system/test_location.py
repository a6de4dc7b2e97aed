"""Where the system is: the environment beats the folder's file, and what is missing is said with what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.errors import Away, Misused, NotFound
from operations.system.location import Where, find
from operations.system.services import NAMES, chosen, inputs, load
from operations.times import Times, count, span


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stack.json").write_text(
        '{"kafka":"127.0.0.1:9092","postgres":"postgresql://a@127.0.0.1/outage","clock_file":"clock",'
        '"twilio_folder":"twilio","sms_gateway_folder":"sms-gateway","vault_key_file":"vault.key","partitions":4,"of_a_later_version":1}'
    )
    (tmp_path / "vault.key").write_text("c2VjcmV0\n")
    return tmp_path


def test_a_local_stack_is_found_by_its_file_and_paths_are_those_of_its_folder(folder: Path) -> None:
    where = find(folder, {})
    assert where.need_kafka() == "127.0.0.1:9092"
    assert where.clock_file == str(folder / "clock")
    assert where.need_phone_folders() == (folder / "twilio", folder / "sms-gateway")
    assert (where.need_vault_key(), where.partitions, where.zone_name) == ("c2VjcmV0", 4, "Asia/Shanghai")


def test_variables_beat_the_file(folder: Path) -> None:
    variables = {
        "OUTAGE_KAFKA": "localhost:19092",
        "OUTAGE_POSTGRES": "postgresql://b@localhost/x",
        "OUTAGE_PARTITIONS": "6",
    }
    where = find(folder, variables)
    assert (where.kafka, where.postgres, where.partitions) == ("localhost:19092", "postgresql://b@localhost/x", 6)
    assert where.clock_file == str(folder / "clock")


def test_the_clock_of_a_local_stack_never_dates_what_is_done_elsewhere(folder: Path) -> None:
    with pytest.raises(Misused, match=r"names the clock of a local stack, but db\.internal is not this machine"):
        find(folder, {"OUTAGE_POSTGRES": "postgresql://app@db.internal/outage"})
    with pytest.raises(Misused, match="OUTAGE_CLOCK_FILE set: a test hook, refused"):
        find(folder, {"OUTAGE_CLOCK_FILE": str(folder / "clock")})
    assert find(folder, {"OUTAGE_CLOCK_FILE": "mine", "OUTAGE_LOCAL_STACK": "1"}).clock_file == "mine"


def test_where_nothing_is_said_both_ways_on_are_named(tmp_path: Path) -> None:
    where = find(tmp_path, {})
    for need, variable in (
        (where.need_postgres, "OUTAGE_POSTGRES"),
        (where.need_kafka, "OUTAGE_KAFKA"),
        (where.need_vault_key, "OUTAGE_VAULT_KEY"),
    ):
        with pytest.raises(Away, match=f"set {variable}, or start a local stack with `outagectl up`"):
            need()
    with pytest.raises(Away, match="no simulated phones are known here"):
        where.need_phone_folders()


@pytest.mark.parametrize(
    ("text", "variables", "words"),
    [
        ("{", {}, "stack.json cannot be read"),
        ('{"kafka":7}', {}, "stack.json cannot be read"),
        ('{"vault_key_file":"none.key"}', {}, "none.key cannot be read"),
        ("{}", {"OUTAGE_PARTITIONS": "many"}, "expected a whole number from 1"),
        ("{}", {"OUTAGE_PARTITIONS": "0"}, "expected a whole number from 1"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, variables: dict[str, str], words: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(Misused, match=words):
        find(tmp_path, variables)


def test_a_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(Misused, match="Mars/Olympus"):
        _ = Where(zone_name="Mars/Olympus").zone


def test_the_vaults_key_is_in_no_traceback() -> None:
    assert "geheim" not in repr(Where(vault_key="geheim", index_key="geheim"))


def test_an_unknown_service_is_not_found() -> None:
    assert chosen(None) == ("planner", "notifier", "restorer")
    assert chosen("planner") == ("planner",)
    with pytest.raises(NotFound, match="there is no service kettle"):
        chosen("kettle")


def test_instants_are_shown_in_the_utilitys_zone_and_in_utc_on_request() -> None:
    at = datetime(2026, 3, 5, 1, 12, 30, tzinfo=UTC)
    assert Times(Where().zone, "Asia/Shanghai").at(at) == "2026-03-05 09:12:30"
    assert Times().at(at) == "2026-03-05 01:12:30"
    assert Times().at(None) == "–"
    assert Times(Where().zone).text("2026-03-05T01:12:00Z") == "2026-03-05 09:12"
    assert Times().text("10千伏城东线") == "10千伏城东线"
    assert Times().text("2026-03-05") == "2026-03-05", "a day is no instant"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (2700, "45 min"), (-97_200, "1 d 3 h"), (90_061, "1 d 1 h"), (3_601, "1 h 1 s")],
)
def test_spans_are_told_in_their_two_largest_units(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_counts_agree_with_their_nouns() -> None:
    assert [count(1, "text"), count(2, "text"), count(2, "thing is", "things are")] == [
        "1 text",
        "2 texts",
        "2 things are",
    ]


def test_the_topics_that_a_service_reads_are_known_without_building_it() -> None:
    for name in NAMES:
        assert inputs(name) == list(load(name, Where(kafka="broker:9092", postgres="postgresql://nowhere")).inputs)
