"""A utility's polled outage lists, played through the whole system by `outagectl import bchydro`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.feeds.archive import read_feed
from connectors.feeds.bchydro import SOURCE
from connectors.feeds.snapshots import SnapshotFeed
from demo.feed.folder import STATE_FILE, ImportJob, load, prepare
from devstack.player import rounded_up
from devstack.twilio.kept.phones import read_handsets
from operations.errors import Misused, Refused
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("OUTAGE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "bchydro-2023-05.jsonl.xz"
SERVICES = ("planner", "restorer", "notifier")
STOPPED = 130
PATIENCE = 150.0
"""How long one import may take before it counts as hanging; a test makes two at most."""
pytestmark = pytest.mark.timeout(2 * PATIENCE + 60)
START = datetime(2023, 5, 1, 8, tzinfo=UTC)
# Libraries whose complaints about a Kafka that has just started are none of ours.
LIBRARIES = ("aiokafka", "faust")


def millis(minutes: float) -> int:
    return int((START + timedelta(minutes=minutes)).timestamp() * 1000)


def row(number: int, *, ert: float | None, crew: str = "Crew assigned", place: str = "Hope") -> dict[str, Any]:
    expected = None if ert is None else millis(ert)
    return {
        "id": number,
        "municipality": place,
        "cause": "Tree down across our wires",
        "numCustomersOut": 120,
        "crewStatusDescription": crew,
        "dateOff": millis(-10),
        "dateOn": expected,
        "crewEtr": expected,
        "showEtr": ert is not None,
        "lastUpdated": millis(-5),
    }


# Minutes from START, and what the list said.
MADE_UP: tuple[tuple[int, Any], ...] = (
    (0, [row(1, ert=120), row(2, ert=None, place="Delta")]),
    (15, [row(1, ert=180), row(2, ert=None, place="Delta", crew="Crew on-site")]),
    (30, "<html>503</html>"),
    (45, ""),
    (60, [row(1, ert=180), row(2, ert=90, place="Delta")]),
    (75, [row(1, ert=180)]),
    (120, [row(1, ert=180)]),
    (200, []),
    (240, []),
)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    path = tmp_path / "lists.jsonl"
    lines = [
        {"at": (START + timedelta(minutes=at)).isoformat(), "body": body if isinstance(body, str) else json.dumps(body)}
        for at, body in MADE_UP
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


# An import brings up servers of its own; a variable that names others would be refused.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}


def command(file: Path, folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "outagectl", "import", "bchydro", str(file), "--data", str(folder), *options]


def imported(file: Path, folder: Path, *options: str) -> dict[str, Any]:
    """The figures of an import that must end well."""
    ended = subprocess.run(
        command(file, folder, "--json", *options),
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    told: dict[str, Any] = json.loads(ended.stdout)
    assert json.loads((folder / "report.json").read_text()) == told
    return told


def expected_events(file: Path, since: datetime | None = None, until: datetime | None = None) -> dict[str, int]:
    """What the connector alone makes of the lists."""
    feed, counts = SnapshotFeed(SOURCE), dict[str, int]()
    for at, body in read_feed(file, since=since, until=until):
        for event in feed.take(at, body).events:
            counts[event.type] = counts.get(event.type, 0) + 1
    return dict(sorted(counts.items()))


def complaints(folder: Path) -> Iterator[str]:
    """What the services logged as an error of their own."""
    for name in (*SERVICES, "gateway"):
        for line in (folder / f"{name}.log").read_text().splitlines():
            said = json.loads(line) if line.startswith("{") else {"event": line}
            if said.get("level") in {"error", "critical"} and not said.get("logger", "").startswith(LIBRARIES):
                yield f"{name}: {line}"
            if "Traceback" in line:
                yield f"{name}: {line}"


def all_well(told: dict[str, Any], folder: Path) -> None:
    assert told["audit"]["passed"], told["audit"]
    assert told["wrong"] == []
    assert list(complaints(folder)) == []
    for name in SERVICES:
        assert told["services"][name]["quarantined"]["total"] == 0, told["services"][name]["quarantined"]


def test_an_import_stopped_in_the_middle_goes_on_and_tells_every_customer_once(made_up: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    # Two seconds for each quarter of an hour: slow enough to be stopped between two lists.
    running = subprocess.Popen(
        command(made_up, folder, "--speed", "450"),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for_lists(running, folder, 2)
        running.send_signal(signal.SIGINT)
        _, words = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == STOPPED, words
    assert "The same command goes on" in words
    half = load(folder)
    assert half is not None
    assert 2 <= half.lists < len(MADE_UP)
    assert not half.finished

    told = imported(made_up, folder)

    all_well(told, folder)
    assert told["lists"] == len(MADE_UP)
    assert told["stops"] == 1
    assert told["emptyOrBrokenLists"] == 2
    assert told["events"]["byType"] == expected_events(made_up)
    assert told["stillOpen"] == 0
    texts = read_handsets(folder / "twilio")
    hospital = [text for text in texts if "Hope" in text.body and "has had power again" in text.body]
    assert hospital
    assert len({(text.to, text.body.partition(" ref ")[0]) for text in texts}) == len(texts), "a text came twice"
    assert told["texts"]["untilOnPhone"]["most"] <= 300


def wait_for_lists(running: subprocess.Popen[str], folder: Path, lists: int) -> None:
    clock = SystemClock()
    until = clock.monotonic() + 60
    while (state := load(folder) if folder.exists() else None) is None or state.lists < lists:
        assert running.poll() is None, running.communicate()
        assert clock.monotonic() < until, "the import did not come to its second list in a minute"
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.05)


@pytest.mark.skipif(
    not REAL.exists(),
    reason=f"REAL FEED NOT PLAYED: {REAL.name} is absent; set OUTAGE_SHARED_DATA to the folder that holds it",
)
def test_six_hours_of_a_real_day_run_through_the_whole_system_and_the_audit_passes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    since, until = datetime(2023, 5, 27, tzinfo=UTC), datetime(2023, 5, 27, 6, tzinfo=UTC)
    told = imported(REAL, folder, "--from", "2023-05-27", "--until", "2023-05-27T06:00")
    all_well(told, folder)
    assert told["restarts"] == {}
    assert told["events"]["byType"] == expected_events(REAL, since, until)
    assert told["events"]["total"] > 50
    assert told["texts"]["total"] > 80
    assert told["texts"]["untilOnPhone"]["most"] <= 300, "a text lay longer than one step of time"
    assert told["services"]["notifier"]["timers"]["p99"] <= 300


def test_moments_are_rounded_up_to_the_step_and_never_down() -> None:
    five = timedelta(minutes=5)
    assert rounded_up(START, five) == START
    assert rounded_up(START + timedelta(microseconds=1), five) == START + five
    assert rounded_up(START + timedelta(seconds=7), timedelta(0)) == START + timedelta(seconds=7)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(Refused, match="no import's"):
        prepare(tmp_path, ImportJob(file="a", digest="1", since=None, until=None), fresh=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_unfinished_import_of_another_file_is_not_gone_on_with(tmp_path: Path) -> None:
    job = ImportJob(file="a", digest="1", since=None, until=None)
    (tmp_path / STATE_FILE).write_bytes(msgspec.json.encode({"job": job, "feed": {}, "lists": 3}))
    with pytest.raises(Refused, match="unfinished import of a"):
        prepare(tmp_path, ImportJob(file="b", digest="2", since=None, until=None), fresh=False)
    state = prepare(tmp_path, job, fresh=False)
    assert state is not None
    assert state.lists == 3


def test_an_import_refuses_to_write_to_a_real_provider(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl
) -> None:
    monkeypatch.setenv("OUTAGE_TWILIO_AUTH_TOKEN", "a real one")
    code, _, said = ctl.here("import", "bchydro", str(made_up), "--data", str(tmp_path / "data"))
    assert (code, "unset OUTAGE_TWILIO_AUTH_TOKEN" in said) == (Misused.code, True)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("options", [("--speed", "fast"), ("--speed", "0"), ("--from", "yesterday")])
def test_an_option_that_makes_no_sense_is_named(made_up: Path, options: tuple[str, str], ctl: Ctl) -> None:
    code, _, said = ctl.here("import", "bchydro", str(made_up), *options)
    assert (code, " ".join(options) in said) == (Misused.code, True)


def test_a_span_without_lists_is_refused(made_up: Path, ctl: Ctl) -> None:
    code, _, said = ctl.here("import", "bchydro", str(made_up), "--from", "2024-01-01")
    assert (code, "no list in that span" in said) == (Refused.code, True)
