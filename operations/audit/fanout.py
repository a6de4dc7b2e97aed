"""Audit the notifier's fan-outs: none left behind, no chunk missing, everyone told whom the tables call told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from operations.audit.log import FETCH
from operations.audit.report import Check, Report
from operations.system.database import Connection, Row
from schemas.contracts.customers import CustomerUpserted
from services.concerned.matching import pairs
from services.concerned.supplies import supply_rows
from services.kernel.queries import queries
from services.notifier.domain.events import STRUCTS, AudienceChunk, AudienceDue, AudienceMatched, AudienceRematched
from services.notifier.domain.outage.truth import has_ended
from services.places.shapes import boxes

SQL = queries(Path(__file__).parents[1] / "sql" / "audit_fanout.sql")
ToldVersion = tuple[int, bool]


@dataclass(slots=True)
class FanoutRecord:
    """What the log says of one outage: the newest version to tell, its chunks so far, whom it told."""

    version: int = 0
    due: AudienceDue | None = None
    chunks: int = 0
    upto: str = ""
    finished: bool = False
    members: dict[str, ToldVersion] = field(default_factory=dict)


async def audit_fanout(connection: Connection, report: Report) -> None:
    """Look at the fan-outs of the notifier, whose schema is entered. Needs a transaction (one snapshot)."""
    jobs = report.check(
        "notifier", "fan-outs", "every outage is told in its newest version, chunk after chunk", "chunk"
    )
    told = report.check("notifier", "audience", "whom the tables call told by an outage was told", "member")
    places = report.check("notifier", "places", "open outages are matched where they lie", "place")
    people = report.check("notifier", "supplies", "customers are matched by their own places and supplies", "customer")
    outages: dict[str, FanoutRecord] = {}
    streams: dict[str, AudienceChunk | AudienceRematched] = {}
    async for row in connection.cursor(SQL["steps"], prefetch=FETCH):
        _step(outages, streams, row, jobs)
    judge_jobs(outages, await connection.fetch(SQL["jobs"]), jobs)
    await _judge_members(connection, outages, told)
    judge_places(outages, await connection.fetch(SQL["places"]), places)
    judge_shapes(outages, await connection.fetch(SQL["shapes"]), places)
    async for row in connection.cursor(SQL["registered"], prefetch=FETCH):
        judge_customer(row, people)


def judge_customer(row: Row, check: Check) -> None:
    """A row of query `registered` against the profile in it. Pure."""
    check.checked += 1
    one = msgspec.json.decode(row["profile"], type=CustomerUpserted)
    if set(row["places"]) != {f"{kind}:{name}" for kind, name in pairs(one)}:
        check.fault(f"{row['customer_id']} is matched at {len(row['places'])} places, and has {len(set(pairs(one)))}")
    wanted = {f"{supply}:{'+'.join(kinds)}" for supply, kinds in supply_rows(one).items()}
    if set(row["supplies"]) != wanted:
        check.fault(f"{row['customer_id']} is matched by supplies {sorted(row['supplies'])}, and has {sorted(wanted)}")

    at = one.position
    if (row["longitude"], row["latitude"]) != ((at.longitude, at.latitude) if at else (None, None)):
        check.fault(
            f"{row['customer_id']} is matched where they are not: their coordinates in the profile are other ones"
        )


def judge_shapes(outages: dict[str, FanoutRecord], rows: Iterable[Row], check: Check) -> None:
    """Rows of query `shapes` against the newest truth of each outage. Pure."""
    found = {row["mrid"]: row["pieces"] for row in rows}
    for mrid, said in sorted(outages.items()):
        shape = said.due.truth.extent.shape if said.due is not None else None
        wanted = 0 if shape is None or said.due is None or has_ended(said.due.truth) else len(boxes(shape))
        if found.get(mrid, 0) != wanted:
            check.fault(f"{mrid} is matched by {found.get(mrid, 0)} pieces of a shape, and has {wanted}")


def _step(
    outages: dict[str, FanoutRecord], streams: dict[str, AudienceChunk | AudienceRematched], row: Row, check: Check
) -> None:
    if row["type"] == "customer.touched.v1":
        word, decided = msgspec.json.decode(row["data"]), streams[row["stream_id"]]
        outages[decided.mrid].members[word["customerId"]] = (decided.outage_version, word["touched"])
        if isinstance(decided, AudienceRematched) and decided.forgotten:
            del outages[decided.mrid].members[word["customerId"]]
        return
    data: Any = msgspec.json.decode(row["data"], type=STRUCTS[row["type"]])
    said = outages.setdefault(data.mrid, FanoutRecord())
    match data:
        case AudienceMatched():
            # The version before kept them in the outage's state, all of one version.
            said.version = data.outage_version
            said.members |= dict.fromkeys(data.touched, (0, True)) | dict.fromkeys(data.left, (0, False))
            said.members = {name: (said.version, touched) for name, (_, touched) in said.members.items()}
        case AudienceDue():
            said.version, said.due, said.chunks, said.upto, said.finished = data.outage_version, data, 0, "", False
        case AudienceChunk():
            streams[row["stream_id"]] = data
            check.checked += 1
            _chunk(said, data, check)
        case AudienceRematched():
            streams[row["stream_id"]] = data
            if data.forgotten and not data.told:
                said.members.pop(data.customer_id, None)


def _chunk(said: FanoutRecord, chunk: AudienceChunk, check: Check) -> None:
    name = f"{chunk.mrid} version {chunk.outage_version}, chunk {chunk.number}"
    if chunk.outage_version != said.version:
        check.fault(f"{name}: told when version {said.version} was the newest")
    elif chunk.number != said.chunks + 1 or chunk.after != said.upto or said.finished:
        check.fault(f"{name}: goes on after {chunk.after!r}, but chunk {said.chunks} ended at {said.upto!r}")
    said.chunks, said.upto, said.finished = chunk.number, chunk.upto or "", chunk.upto is None


def judge_jobs(outages: dict[str, FanoutRecord], rows: Iterable[Row], check: Check) -> None:
    """Rows of query `jobs` against the log. Pure."""
    found = {row["mrid"]: row for row in rows}
    for mrid, said in sorted(outages.items()):
        row = found.pop(mrid, None)
        if row is None:
            check.fault(f"{mrid} is to be told in version {said.version}, but has no fan-out")
            continue
        if row["version"] != said.version:
            check.fault(f"{mrid}: the fan-out is of version {row['version']}, the newest truth of {said.version}")
        elif (row["chunks"], row["cursor"]) != (said.chunks, said.upto) or (
            row["done"] != said.finished and said.due is not None
        ):
            where = f"chunk {row['chunks']} at {row['cursor']!r}"
            check.fault(f"{mrid}: the fan-out stands after {where}, in the log after {said.chunks} at {said.upto!r}")
        if row["parked"]:
            check.fault(f"{mrid}: chunk {row['chunks'] + 1} failed; nobody after {row['cursor']!r} hears of it")
        elif not row["done"]:
            check.note("fan-outs under way")
    for mrid in sorted(found):
        check.fault(f"{mrid} has a fan-out, but nothing in the log is to be told")


async def _judge_members(connection: Connection, outages: dict[str, FanoutRecord], check: Check) -> None:
    left = {(mrid, name): told for mrid, said in outages.items() for name, told in said.members.items()}
    async for row in connection.cursor(SQL["members"], prefetch=FETCH):
        check.checked += 1
        stands = (row["truth_version"], row["touched"])
        if stands == (0, True):
            # Taken over from an outage that was merged, or heard of in a time that was lost: the next word is theirs.
            check.note("members still to be told")
            left.pop((row["mrid"], row["customer_id"]), None)
            continue
        logged = left.pop((row["mrid"], row["customer_id"]), None)
        if logged is None:
            check.fault(f"{row['customer_id']} is said to be told by {row['mrid']}, but never was")
        elif logged != stands:
            check.fault(
                f"{row['customer_id']} of {row['mrid']}: {_told(stands)} in the table, {_told(logged)} in the log"
            )
    for mrid, name in left:
        check.fault(f"{name} was told by {mrid}, which does not know it: they would not hear of its end")


def _told(told: ToldVersion) -> str:
    return f"version {told[0]}, {'touched' if told[1] else 'no longer touched'}"


def judge_places(outages: dict[str, FanoutRecord], rows: Iterable[Row], check: Check) -> None:
    """Rows of query `places` against the newest truth of each outage. Outages of the first version have none in the log."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["mrid"], set()).add((row["kind"], row["value"]))
        check.checked += 1
    for mrid, said in sorted(outages.items()):
        if said.due is None:
            continue
        wanted = set() if has_ended(said.due.truth) else set(pairs(said.due.truth.extent))
        if found.get(mrid, set()) != wanted:
            check.fault(f"{mrid} is matched at {len(found.get(mrid, ()))} places, but lies at {len(wanted)}")
