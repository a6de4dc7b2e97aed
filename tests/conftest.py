"""What all tests share: one throw-away PostgreSQL and Kafka for the session, or yours (OUTAGE_POSTGRES, OUTAGE_KAFKA)."""

import gc
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from devstack.servers.postgres import NO_DISK
from devstack.servers.prepared import Prepared
from tests.kits.ctl import Ctl
from tests.kits.stack.servers import NOBODY, for_programs, in_background

# A run that decides whether something lands draws the same examples each time; everybody else's explores.
# No example has a deadline: how long one takes says how busy the machine is.
# Forty of each: the whole suite has a quarter of an hour on two cores, and where a rule needs more its test says so.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("explore", deadline=None, max_examples=40)
# Between two edits (make test-unit): a few examples of each, where a test does not say how many it needs.
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("ci" if os.environ.get("CI") else "explore")
# As services do (services/kernel/observing/logging.py), and unlike structlog's own default where rich is installed: tests make
# hundreds of errors, and each one's code with its variables in colour costs more than all that the test is about.
_PLAIN = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _PLAIN])
# `tmp_path` too lies in memory: most of what is written there is a whole system's data, which nobody keeps.
if (memory := for_programs()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
GIVEN = {name: value for name, value in os.environ.items() if name.startswith("OUTAGE_")}
"""Where somebody's own servers are, before any test says it otherwise."""
# Seven thousand tests and their modules live to the end: to look for garbage among them, while they are collected and again in
# each test, takes two fifths of what collecting costs and a twentieth of the tests.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of several workers the longest files begin: the end of what begins last is waited for by all."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {config.rootpath / path: number for number, path in enumerate(longest())}
        items.sort(key=lambda item: place.get(item.path, len(place)))


def longest() -> list[str]:
    """What longest.txt names."""
    lines = Path(__file__).with_name("longest.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def pytest_collection_finish() -> None:
    """From here on garbage is looked for among what the tests themselves make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _one_preparation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What whole systems begin with (tests/kits/system/quick.py) goes with the other folders of the run."""
    if "PYTEST_XDIST_WORKER" in os.environ:  # a single file or two are quicker without
        os.environ["PYTEST_OUTAGE_PREPARED"] = str(tmp_path_factory.getbasetemp().parent / "prepared")


def _migrated_once() -> Callable[[Path], Awaitable[None]] | None:
    """In a run of several workers: have a server begin with databases whose migrations one of them has run."""
    place = os.environ.get("PYTEST_OUTAGE_PREPARED")
    if place is None:
        return None
    from tests.kits.stack.databases import make_ready  # noqa: PLC0415 - most runs of a few tests need no server

    return lambda folder: Prepared(Path(place)).begin(folder, "databases", make_ready)


@pytest.fixture(scope="session")
def postgres(_one_preparation: None) -> Iterator[str]:
    """The administrator's address of a real PostgreSQL, which waits for no disk."""
    # A log of two gigabytes, as conf/postgresql.conf has it, is too much for each worker's where it lies in memory, and nobody
    # reads it. Nobody tidies up in hundreds of databases that are gone within seconds. Simulated runs come by the socket.
    quick = {"wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off", "unix_socket_directories": "."}
    words = {**NO_DISK, "max_wal_size": "256MB", **quick}
    with in_background({"OUTAGE_KAFKA": NOBODY, **GIVEN}, words, _migrated_once()) as made:
        yield made.postgres


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The bootstrap address of a real Kafka, apart from the PostgreSQL: few tests need one, and it is never quite idle."""
    with in_background({"OUTAGE_POSTGRES": NOBODY, **GIVEN}) as made:
        yield made.kafka


@pytest.fixture
def ctl() -> Ctl:
    """`outagectl` in this process."""
    return Ctl()
