"""Test hooks are refused in production: a clock that somebody drives, and dying at a named step."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.kernel.running.hooks_for_tests import hosts, is_here, problem

ROOT = Path(__file__).parents[4]
HERE = ("127.0.0.1:9092", "postgresql://app@127.0.0.1:5432/outage")
BASE = {"OUTAGE_KAFKA": HERE[0], "OUTAGE_POSTGRES": HERE[1]}
MARK = {"OUTAGE_LOCAL_STACK": "1"}


@pytest.mark.parametrize("hook", [{"OUTAGE_CLOCK_FILE": "/c"}, {"OUTAGE_DIE_AT": "after-commit:1"}])
def test_a_hook_needs_the_mark_of_a_local_stack_and_servers_of_this_machine(hook: dict[str, str]) -> None:
    (name,) = hook
    assert problem(hook | MARK, HERE) is None
    unmarked = problem(hook, HERE)
    assert unmarked is not None
    assert unmarked.startswith(f"{name} set: a test hook, refused because this is no local stack")
    assert "OUTAGE_LOCAL_STACK=1 is not set" in unmarked
    far = problem(hook | MARK, ("kafka.internal:9092", HERE[1]))
    assert far is not None
    assert "kafka.internal is not this machine" in far
    assert "OUTAGE_LOCAL_STACK" not in far


def test_without_a_hook_nothing_is_asked_of_the_stack() -> None:
    assert problem({}, ("kafka.internal:9092", "postgresql://app@db.internal/outage")) is None
    assert problem({"OUTAGE_CLOCK_FILE": "", "OUTAGE_DIE_AT": ""}, ("kafka.internal:9092",)) is None


@pytest.mark.parametrize(
    ("server", "found"),
    [
        ("127.0.0.1:9092", ["127.0.0.1"]),
        ("a.internal:9092,b.internal:9093", ["a.internal", "b.internal"]),
        ("postgresql://app:p%40ss@db.internal:5432/outage", ["db.internal"]),
        ("postgresql://app@[::1]:5432/outage", ["::1"]),
        ("postgresql://app@a.internal:5432,b.internal:5433/outage", ["a.internal", "b.internal"]),
        ("postgresql://app@/outage?host=/run/postgresql", ["/run/postgresql"]),
        ("postgresql://app@%2Frun%2Fpostgresql/outage", ["/run/postgresql"]),
        ("postgresql:///outage", []),
        ("postgresql://127.0.0.1/outage?host=db.internal", ["127.0.0.1", "db.internal"]),
    ],
)
def test_the_hosts_of_an_address_are_read_from_every_form(server: str, found: list[str]) -> None:
    assert hosts(server) == found


@pytest.mark.parametrize(
    ("url", "pghost", "found"),
    [
        ("postgresql:///outage", "db.internal", ["db.internal"]),
        ("postgresql://app@/outage", "a.internal,b.internal:5433", ["a.internal", "b.internal"]),
        ("postgresql://app@:5432/outage", "db.internal", ["db.internal"]),
        ("postgresql:///outage", "/run/postgresql", ["/run/postgresql"]),
        ("postgresql://127.0.0.1/outage", "db.internal", ["127.0.0.1"]),
        ("postgresql:///outage?host=127.0.0.1", "db.internal", ["127.0.0.1"]),
        ("postgresql:///outage?service=live", "127.0.0.1", ["service live"]),
        ("127.0.0.1:9092", "db.internal", ["127.0.0.1"]),
    ],
)
def test_a_database_url_without_a_host_is_where_the_driver_goes_then(url: str, pghost: str, found: list[str]) -> None:
    assert hosts(url, {"PGHOST": pghost}) == found


def test_a_hook_is_refused_where_only_the_environment_leads_to_another_machine() -> None:
    environment = MARK | {"OUTAGE_CLOCK_FILE": "/c", "PGHOST": "db.internal"}
    far = problem(environment, ("127.0.0.1:9092", "postgresql:///outage"))
    assert far is not None
    assert "db.internal is not this machine" in far
    assert problem(environment | {"PGHOST": "127.0.0.1"}, ("127.0.0.1:9092", "postgresql:///outage")) is None


def test_only_loopback_and_sockets_are_this_machine() -> None:
    assert all(is_here(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost", "/run/postgresql"))
    assert not any(is_here(host) for host in ("localhost.internal", "192.0.2.7", "10.0.0.1", "127.0.0.1.evil.example"))


@pytest.mark.parametrize("service", ["restorer", "gateway"])
def test_a_service_that_finds_a_hook_in_production_does_not_start_and_says_what_to_unset(service: str) -> None:
    gateway = {
        "OUTAGE_TWILIO_AUTH_TOKEN": "t",
        "OUTAGE_PUBLIC_URL": "https://sms.utility.example",
        "OUTAGE_INDEX_KEY": "sixteen-characters",
    }
    ended = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        cwd=ROOT,
        env=BASE | gateway | {"OUTAGE_DIE_AT": "before-commit:1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 78, ended.stderr
    assert ended.stderr.startswith("OUTAGE_DIE_AT set: a test hook, refused")
    assert "unset OUTAGE_DIE_AT" in ended.stderr
    assert "Traceback" not in ended.stderr
