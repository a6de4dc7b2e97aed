"""docs/connect.md keeps its word: every example, run as the page says, is understood, decided on and answered."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from devstack.system import PARTITIONS
from services.kernel.clock import SystemClock
from tests.kits.stack.connect import ROOT, Place, compiled, kafkas_jars, program, said, types
from tests.kits.stack.servers import Background
from tests.kits.system.quick import Quick

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

NOTICES, RESTORATIONS, QUARANTINE = "outage.notices", "outage.restorations", "outage.quarantine"
CONFIRMED = "restoration.confirmed.v1"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A whole system, one for all examples: each tells of an outage of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES", "OUTAGE_CLOCK_FILE", "OUTAGE_VAULT_KEY"):
            patch.delenv(name, raising=False)
        background = Background()
        system = Quick(tmp_path_factory.mktemp("connect") / "data")
        background.run(system.__aenter__())
        try:
            yield Place(system.folder, system.stack.kafka)
        finally:
            background.run(system.__aexit__())
            background.close()


def test_curl_tells_a_fault_in_three_forms_and_again_after_a_doubt(place: Place) -> None:
    code, told = place.run("connect_curl.sh")
    assert code == 0, told
    assert told.count('"outcome":"taken"') == 5
    (confirmed,) = [data for type_, data in place.until(RESTORATIONS, "F-1001", said(CONFIRMED)) if type_ == CONFIRMED]
    assert confirmed["reason"] == "all-restored"
    assert "warnings" not in confirmed, "the crew came and the cause was cleared, each in another form"


def test_python_over_http_is_taken_once_and_told_its_slip(place: Place) -> None:
    code, told = place.run("connect_http.py")
    assert code == 0, told
    lines = told.splitlines()
    assert [line for line in lines if "refused" not in line] == ["taken", "already-taken", "taken"]
    (refused,) = [line for line in lines if line.startswith("refused")]
    assert "did you mean evidence?" in refused
    place.until(RESTORATIONS, "F-1002", said(CONFIRMED))


@pytest.mark.skipif(shutil.which("kcat") is None, reason="NOT RUN: the kcat example; install kcat (Debian: kcat)")
def test_kcat_tells_a_fault_that_ends_in_two_steps(place: Place) -> None:
    code, told = place.run("connect_kcat.sh")
    assert code == 0, told
    answers = place.until(RESTORATIONS, "F-1003", said("followup.due.v1"))
    assert [t for t in types(answers) if t.startswith("restoration.")] == ["restoration.part.v1", CONFIRMED]
    (part,) = [data for type_, data in answers if type_ == "restoration.part.v1"]
    assert part["remaining"]["transformers"] == ["建国路2号公变"], "as the changed extent said: two, not three"
    _lies_where_kafkas_own_clients_put_it(place, b"F-1003")
    code, shown = place.run("connect_kcat_answers.sh")
    assert code == 0, shown
    assert f"ce_type={CONFIRMED}" in shown


def _lies_where_kafkas_own_clients_put_it(place: Place, key: bytes) -> None:
    partitions = list(range(PARTITIONS))
    lies = {record.partition for record in place.records("outage.dispatch") if record.key == key}
    assert lies == {DefaultPartitioner()(key, partitions, partitions)}


def test_python_over_kafka_asks_too_late_and_moves_to_the_lawful_start(place: Place) -> None:
    code, told = place.run("connect.py")
    assert code == 0, told
    answers = [line.split(" ", 1) for line in told.splitlines()]
    rejected, accepted, published, withdrawn = (json.loads(data) for _, data in answers)
    assert [type_ for type_, _ in answers] == [
        *("plan.rejected.v1", "plan.accepted.v1", "notice.published.v1", "notice.withdrawn.v1")
    ]
    assert "notice-too-short" in rejected["reasons"]
    assert (accepted["revisionNumber"], published["noticeId"]) == (2, withdrawn["noticeId"])


def test_a_revision_said_again_gets_no_answer_and_the_next_one_does(place: Place) -> None:
    for id_, revision in (("1", 1), ("2", 1), ("3", 2)):
        _put(place, id_, "planned.requested.v1", _plan("P-2001", revision))
    answers = place.until(NOTICES, "P-2001", lambda found: any(data["revisionNumber"] == 2 for _, data in found))
    assert [data["revisionNumber"] for _, data in answers] == [1, 2]


@pytest.mark.skipif(shutil.which("javac") is None, reason="NOT RUN: Connect.java as the page starts it; install a JDK")
def test_java_tells_a_fault_and_reads_the_answer(place: Place) -> None:
    code, told = place.run("Connect.java", JARS=str(kafkas_jars()))
    assert code == 0, told
    assert CONFIRMED in told


def test_java_does_so_where_there_is_no_jdk(place: Place, tmp_path: Path) -> None:
    command = compiled(ROOT / "docs" / "examples" / "Connect.java", tmp_path)
    done = program([*command, place.kafka, "F-1006"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(CONFIRMED)
    ((_, confirmed),) = [answer for answer in place.answers(RESTORATIONS, "F-1006") if answer[0] == CONFIRMED]
    assert confirmed["evidence"] == ["/dispatch/java F-1006/5"]


def test_what_an_aborted_transaction_wrote_counts_as_said(place: Place) -> None:
    now = _now()
    started = {"mRID": "F-2002", "outageClass": "fault", "startedAt": now, "extent": {"lines": ["10千伏城东线"]}}
    _put(place, "4", "outage.started.v1", started, abort=True)
    _put(place, "5", "supply.restored.v1", {"mRID": "F-2002", "restoredAt": now})
    place.until(RESTORATIONS, "F-2002", said(CONFIRMED))


def test_a_mistake_on_kafka_comes_back_from_each_of_the_three_services(place: Place) -> None:
    _put(place, "6", "outage.started.v1", {"mRID": "F-2003", "outageClass": "fault", "startedAt": "yesterday"})
    found = [data for _, data in place.until(QUARANTINE, "F-2003", lambda answers: len(answers) >= 3)]
    assert {data["service"] for data in found} == {"planner", "restorer", "notifier"}
    assert {(data["source"], data["id"], data["reason"]) for data in found} == {("/dispatch/test", "6", "wrong-type")}
    assert all(data["detail"].startswith("startedAt: ") for data in found), "field first, then problem and remedy"
    _put(place, "7", "cause.cleared.v1", {"mRID": "F-2004", "clearedAt": _now()})
    _put(place, "7", "cause.cleared.v1", {"mRID": "F-2004", "clearedAt": "2026-01-01T00:00:00Z"})
    found = [data for _, data in place.until(QUARANTINE, "F-2004", lambda answers: len(answers) >= 3)]
    assert {data["reason"] for data in found} == {"same-id-other-content"}


def _now() -> str:
    return SystemClock().now().isoformat()


def _plan(mrid: str, revision: int) -> dict[str, object]:
    return {
        "mRID": mrid,
        "revisionNumber": revision,
        "outageClass": "planned",
        "plannedPeriod": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T04:00:00Z"},
        "extent": {"lines": ["10千伏城东线"], "areas": ["中山路一带"]},
        "requestedAt": _now(),
    }


def _put(place: Place, id_: str, type_: str, data: dict[str, object], *, abort: bool = False) -> None:
    """One event onto Kafka, as the page describes it."""
    attributes = {"specversion": "1.0", "id": id_, "source": "/dispatch/test", "type": type_, "time": _now()}
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]

    async def send() -> None:
        more = {"transactional_id": "test"} if abort else {}
        async with AIOKafkaProducer(bootstrap_servers=place.kafka, enable_idempotence=True, **more) as producer:
            if abort:
                await producer.begin_transaction()
            body, key = json.dumps(data, ensure_ascii=False).encode(), str(data["mRID"]).encode()
            await producer.send_and_wait("outage.dispatch", body, key=key, headers=headers)
            if abort:
                await producer.abort_transaction()

    asyncio.run(send())
