"""Review every stream after an upgrade or a changed rule, and say which promises moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from operations.errors import Refused
from operations.system.asking import ask
from operations.system.database import connect, pool, present
from operations.system.location import Where
from operations.system.services import load
from schemas.contracts.notices import NoticeDeadlineMoved
from schemas.contracts.promises import Promise, PromiseMade, PromiseVoided
from services.kernel.model import Event, KernelError, Renewing
from services.kernel.operators.shared_actions import REARM, Reviewing
from services.kernel.queries import queries
from services.kernel.upkeep.review import Reviewed, Reviewer
from services.kernel.warp import clock_from

NOT_PROMISED = "not-promised-before"
"""Why a promise is new: no version, or no rule, before had made it."""
SQL = queries(Path(__file__).parents[1] / "sql" / "rearm.sql")


@dataclass(frozen=True, slots=True)
class MovedPromise:
    """One promise that stands elsewhere now. `was`, `due`: its deadline before and after; None where there is none."""

    stream: str
    promise: str
    was: datetime | None
    due: datetime | None
    why: str


@dataclass(slots=True)
class Rearmed:
    """What came of one service."""

    service: str
    revision: str
    behind: int
    """Views that other code or rules had left when it began."""
    total: int
    reviewed: Reviewed = field(default_factory=Reviewed)
    moves: list[MovedPromise] = field(default_factory=list)


async def run_rearm(
    where: Where,
    services: Sequence[str],
    reason: str,
    *,
    dry_run: bool = False,
    on_progress: Callable[[Rearmed, int], None] = lambda *_: None,
) -> list[Rearmed]:
    """Review all streams of the named services, as far as their tables exist.

    Raises:
        Away: the database cannot be reached or has no tables.
        Refused: the database is older than this code, or holds what this code does not know.

    """
    async with connect(where) as connection:
        there = await present(connection, services)
        for name in there:
            if not await connection.fetchval(SQL["has_writer"], name):
                raise Refused(f"the schema {name} is older than this version: run: outagectl migrate")
    try:
        return [await _service(where, name, reason, on_progress, dry_run=dry_run) for name in there]
    except KernelError as error:
        raise Refused(str(error)) from None


async def _service(
    where: Where, name: str, reason: str, on_progress: Callable[[Rearmed, int], None], *, dry_run: bool
) -> Rearmed:
    clock = clock_from(where.clock_file)
    async with pool(where, name) as made:
        service = load(name, where)
        reviewer = Reviewer(service, made, clock, reason, dry_run=dry_run)
        done = Rearmed(name, reviewer.revision, await reviewer.behind(), await reviewer.count())
        if not dry_run:
            await ask(where, name, REARM, Reviewing(revision=reviewer.revision, streams=done.total), reason=reason)
        seen = 0
        async for part in reviewer.run():
            done.moves += moves_of(part.events)
            part.events.clear()  # a log of millions must not be held
            seen += part.streams + part.again + len(part.parked) + len(part.failed)
            done.reviewed += part
            on_progress(done, seen)
        if not dry_run and isinstance(service, Renewing):
            # Some tables are what views say.
            async with made.acquire() as connection:
                await service.renew(connection)
    return done


def moves_of(events: Sequence[Event]) -> Iterator[MovedPromise]:
    """The promises that moved, out of the events of reviews. Pure.

    A promise ended and one made for the same rule right after it are one move; either alone is one without the other end.
    """
    ended: Event | None = None
    for event in events:
        said = event.data
        if ended is not None and not _follows(ended, event):
            yield _over(ended)
            ended = None
        if isinstance(said, PromiseVoided):
            ended = event
        elif isinstance(said, PromiseMade):
            was, why = (ended.data.due_at, ended.data.reason) if ended is not None else (None, NOT_PROMISED)
            yield MovedPromise(event.stream_id, said.promise_id, was, said.due_at, why)
            ended = None
        elif isinstance(said, NoticeDeadlineMoved):
            # The promise is the notifier's, which moves it when it hears of this.
            rule = said.inform_rule.rule_id if said.inform_rule is not None else "key customers told"
            yield MovedPromise(event.stream_id, f"{said.notice_id}/{rule}", said.was, said.inform_by, said.reason)
        elif isinstance(said, Promise):
            yield MovedPromise(event.stream_id, said.promise_id, said.due_at, said.due_at, _verdict(said))
    if ended is not None:
        yield _over(ended)


def _follows(ended: Event, event: Event) -> bool:
    same = isinstance(event.data, PromiseMade) and event.data.rule.rule_id == ended.data.rule.rule_id
    return same and event.stream_id == ended.stream_id


def _over(event: Event) -> MovedPromise:
    return MovedPromise(event.stream_id, event.data.promise_id, event.data.due_at, None, event.data.reason)


def _verdict(said: Promise) -> str:
    return str(getattr(said, "reason", type(said).__name__))
