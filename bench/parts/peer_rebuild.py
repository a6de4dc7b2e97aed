"""The peer of a rebuild: the `eventsourcing` library projecting the same promises into the same kind of table.

`python -m bench.parts.peer_rebuild EVENTS SECONDS`, the database in OUTAGE_POSTGRES; prints one JSON document.
"""

import json
import os
import sys
import time
from functools import singledispatchmethod
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

SPACE = UUID("2d1a0e62-5a5c-4d0f-9b5a-1c8a3f4a7e11")
AT_ONCE = 1_000
RULE = {"policyId": "cn-service-standard", "policyVersion": "2026.1", "ruleId": "cn.restore.one-working-day"}
DUE = "2026-03-06T01:00:00Z"


class Promise(Aggregate):
    """A promise with the fields that ours has."""

    class Made(Aggregate.Created):
        """Promised."""

        promise_id: str
        mrid: str
        rule: dict[str, str]
        due_at: str
        measured_from: str
        at_risk_at: str
        obligation: str

    class Judged(Aggregate.Event):
        """Kept or broken."""

        promise_id: str
        at: str
        verdict: str
        reason: str
        evidence: list[str]

    @event(Made)
    def __init__(
        self,
        promise_id: str,
        mrid: str,  # noqa: ARG002 - the library makes events of a method's arguments
        rule: dict[str, str],  # noqa: ARG002
        due_at: str,  # noqa: ARG002
        measured_from: str,  # noqa: ARG002
        at_risk_at: str,  # noqa: ARG002
        obligation: str,  # noqa: ARG002
    ) -> None:
        self.promise_id = promise_id

    @staticmethod
    def create_id(promise_id: str) -> UUID:
        """The same id for the same promise."""
        return uuid5(SPACE, promise_id)

    @event(Judged)
    def judge(
        self,
        promise_id: str,  # noqa: ARG002 - the library makes events of a method's arguments
        at: str,  # noqa: ARG002
        verdict: str,
        reason: str,  # noqa: ARG002
        evidence: list[str],  # noqa: ARG002
    ) -> None:
        """Give the verdict."""
        self.verdict = verdict


class Ledger(Application[UUID]):
    """Holds the promises."""


class Rows(PostgresTrackingRecorder):
    """A table of promises; each event and its tracking in one transaction, as a TrackingRecorder does it."""

    def __init__(self, datastore: Any, **words: Any) -> None:
        super().__init__(datastore, **words)
        self.sql_create_statements.append(
            SQL(
                "create table if not exists peer_promise (promise_id text primary key, mrid text, rule_id text, "
                "policy_version text, due_at timestamptz, state text, obligation text, measured_from timestamptz, "
                "at_risk_at timestamptz, verdict_at timestamptz, reason text, evidence jsonb)"
            )
        )

    def put(self, statement: str, values: tuple[Any, ...], tracking: Tracking) -> None:
        """One statement and the tracking, committed together."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, values, prepare=True)


class Promises(Projection[Rows]):
    """The projection: one upsert for each event."""

    name = "promises"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Other events are nothing to this table."""

    @process_event.register
    def made(self, domain_event: Promise.Made, tracking: Tracking) -> None:
        """A row."""
        e = domain_event
        self.view.put(
            "insert into peer_promise (promise_id, mrid, rule_id, policy_version, due_at, state, obligation, measured_from, "
            "at_risk_at) values (%s, %s, %s, %s, %s, 'made', %s, %s, %s) on conflict do nothing",
            (
                e.promise_id,
                e.mrid,
                e.rule["ruleId"],
                e.rule["policyVersion"],
                e.due_at,
                e.obligation,
                e.measured_from,
                e.at_risk_at,
            ),
            tracking,
        )

    @process_event.register
    def judged(self, domain_event: Promise.Judged, tracking: Tracking) -> None:
        """Its verdict."""
        e = domain_event
        self.view.put(
            "update peer_promise set state = %s, verdict_at = %s, reason = %s, evidence = %s where promise_id = %s",
            (e.verdict, e.at, e.reason, json.dumps(e.evidence), e.promise_id),
            tracking,
        )


def environment(address: str) -> dict[str, str]:
    """The library's settings for a database."""
    parts = urlsplit(address)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname or "127.0.0.1",
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": unquote(parts.username or ""),
        "POSTGRES_PASSWORD": unquote(parts.password or ""),
        "SINGLE_ROW_TRACKING": "y",
    }


def fill(app: Ledger, events: int) -> None:
    """So many events: each promise made, then judged."""
    for begin in range(0, events // 2, AT_ONCE):
        batch = []
        for n in range(begin, min(begin + AT_ONCE, events // 2)):
            name = f"F-{n // 3}/cn.restore.one-working-day/{n % 3}"
            one = Promise(
                name,
                f"F-{n // 3}",
                RULE,
                DUE,
                "2026-03-05T01:00:00Z",
                "2026-03-05T21:00:00Z",
                "原因消除后1个工作日内恢复供电",
            )
            evidence = [f"/dispatch/east/{n}", f"/dispatch/east/{n + 7}"]
            one.judge(name, "2026-03-05T06:00:00Z", "kept", "done-in-time", evidence)
            batch.append(one)
        app.save(*batch)


def project(env: dict[str, str], seconds: float) -> tuple[int, float]:
    """Run the projection from the beginning for so long; returns events processed and seconds taken."""
    began = time.perf_counter()
    with ProjectionRunner(application_class=Ledger, projection_class=Promises, view_class=Rows, env=env) as runner:
        last = runner.app.recorder.max_notification_id() or 0
        while time.perf_counter() - began < seconds:
            done = runner.view.max_tracking_id("Ledger") or 0
            if done >= last:
                break
            runner.is_interrupted.wait(0.05)
        done = runner.view.max_tracking_id("Ledger") or 0
        return done, time.perf_counter() - began


def replay(env: dict[str, str], seconds: float) -> tuple[int, float]:
    """Read and decode every event and do nothing with it: no table at all, the library's most."""
    app = Ledger(env=env)
    began, done, start = time.perf_counter(), 0, 1
    while time.perf_counter() - began < seconds:
        found = app.recorder.select_notifications(start=start, limit=AT_ONCE)
        for one in found:
            app.mapper.to_domain_event(one)
        done += len(found)
        if len(found) < AT_ONCE:
            break
        start = found[-1].id + 1
    return done, time.perf_counter() - began


def main() -> None:
    """Fill, project, replay; print the figures."""
    events, seconds = int(sys.argv[1]), float(sys.argv[2])
    env = environment(os.environ["OUTAGE_POSTGRES"])
    fill(Ledger(env=env), events)
    projected, took = project(env, seconds)
    replayed, read = replay(env, seconds)
    figures = {
        "events": projected,
        "seconds": took,
        "eventsPerSecond": projected / took,
        "readOnlyEvents": replayed,
        "readOnlyEventsPerSecond": replayed / read,
        "versions": {"eventsourcing": version("eventsourcing"), "psycopg": version("psycopg")},
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
