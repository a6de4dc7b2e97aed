"""Answer operators' requests: each row of table operator_request once, logged together with what it does.

A request is taken into the inbox under its own id, acted on, and answered in the stream operator/<id>, all in one
transaction: whatever crashes, it is judged once. The service's process does this by itself a few times a second; where
none runs, whoever may write the log can have the same code do it (outagectl), for all of it is decided by locks and rows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from services.kernel.adapters.away import AWAY, DATABASE, TRANSIENT
from services.kernel.adapters.locks import Connection
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import KernelError, Message
from services.kernel.observing.every import every
from services.kernel.observing.lookout import Work
from services.kernel.observing.masking import mask
from services.kernel.operating import (
    REQUEST,
    STRUCTS,
    OperatorDone,
    OperatorRefused,
    OperatorRequested,
    Ruling,
    source_of,
    stream_of,
)
from services.kernel.operators.actions import ActionContext, NotYet, Preparation, Refusal, TopicReader, actions_of
from services.kernel.operators.stuck import StuckRequests
from services.kernel.queries import queries
from services.kernel.values.storable import storable
from services.kernel.writing import inbox
from services.kernel.writing.failures.attempts import Condemned, attempt
from services.kernel.writing.quarantine import record_of
from services.kernel.writing.transaction import Transaction

SQL = queries(Path(__file__).parents[1] / "sql" / "operations.sql")
log = structlog.get_logger()

LOOK_SECONDS = 0.2
AGAIN_SECONDS = 1.0
SETTLED = timedelta(minutes=5)
"""A request that is being written shows up within this time, or its writer is gone."""
LONGEST = 2000
NUL = "\\u0000"

UNKNOWN_ACTION = "unknown-action"
NOT_UNDERSTOOD = "detail-not-understood"
PHONE_NUMBER = "holds-a-phone-number"
FAILED = "failed"


class Operations:
    """Judges requests of one service; several processes may, for the inbox lets one of them."""

    def __init__(self, transaction: Transaction, clock: Clock, broker: TopicReader | None = None) -> None:
        self._transaction, self._clock, self._broker = transaction, clock, broker
        self._actions = actions_of(transaction.service)
        self._source = source_of(transaction.service.name)
        self.work = Work(clock)
        """Requests without an answer."""
        self.below = 0
        """All up to this number have their answer: the table grows for years, and is looked at ten times a second."""
        self._next, self._next_at = 0, clock.monotonic()
        self._looked = asyncio.Event()
        self._stuck = StuckRequests(clock)

    async def then(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin the service's own work once what was asked while it was down is judged: a brake holds from the start."""
        await self._looked.wait()
        await work()

    async def run(self) -> None:
        """Look until cancelled; what waits for the database waits."""
        waits = "operators' requests wait"
        failing, wake = (AGAIN_SECONDS, AGAIN_SECONDS), self.work.wake
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits=waits, failing=failing, wake=wake)

    async def _look(self) -> None:
        if self.work.perhaps or self._may_settle():
            await self.once()
        if not self._stuck.away:
            self._looked.set()

    async def once(self) -> int:
        """Judge all that wait, in the order they were asked; returns how many."""
        found = await self._transaction.pool.fetch(SQL["waiting"], self.below)
        newest: int = found[0]["newest"]
        rows = [row for row in found if row["id"] is not None]
        unanswered = newest + 1
        self._stuck.keep({row["id"] for row in rows})
        for row in rows:
            if self._stuck.waits(row["id"]):
                unanswered = min(unanswered, row["seq"])
                continue
            try:
                if (ruling := await self._one(row)) is not None:
                    _say(ruling)
            except Exception as error:  # noqa: BLE001 - a request is never worth the service, nor the requests behind it
                # It stays, and is tried again after a while.
                self._stuck.failed(row["id"], error)
                unanswered = min(unanswered, row["seq"])
        self._settle(newest, unanswered)
        return len(rows)

    async def judge(self, request_id: UUID) -> None:
        """Judge one request now, unless it has its answer.

        Raises:
            NotYet: what it asks cannot be done now; it stands, and whoever judges next tries again.

        """
        row = await self._transaction.pool.fetchrow(SQL["one"], request_id)
        if row is not None:
            await self._one(row)

    def _settle(self, newest: int, unanswered: int) -> None:
        """Numbers are given before their rows can be seen: only what is some minutes old is known to be complete.

        What could not be judged (`unanswered`: the first of it) stays above the line, however long that lasts.
        """
        if self._may_settle():
            self.below, self._next, self._next_at = min(self._next, unanswered - 1), newest, self._clock.monotonic()

    def _may_settle(self) -> bool:
        return self._clock.monotonic() - self._next_at > SETTLED.total_seconds()

    async def _one(self, row: asyncpg.Record) -> Ruling | None:
        """The answer, if it was for us to give."""
        commit = partial(self._commit, await self._prepared(row))
        async with self._transaction.turn:
            (ruling,) = await attempt([row], commit, lambda one: str(one["id"]))
            return ruling

    async def _prepared(self, row: asyncpg.Record) -> Any:
        """What takes long of what is asked, done before anybody waits for it; nothing of what will be refused."""
        action = self._actions.get(row["action"])
        if action is None or action.prepare is None:
            return None
        try:
            detail = msgspec.json.decode(row["detail"], type=action.detail)
        except msgspec.MsgspecError:
            return None
        async with self._transaction.pool.acquire() as connection:
            return await action.prepare(Preparation(connection, self._clock.now(), self._broker), detail)

    async def _commit(
        self, prepared: Any, rows: Sequence[asyncpg.Record], condemned: Mapping[Hashable, Condemned]
    ) -> Ruling | None:
        (row,) = rows
        async with self._transaction.pool.acquire() as connection:
            async with connection.transaction():
                now = self._clock.now()
                asked = _asked(row)
                message = self._message(asked, Ruling(asked=asked))
                entry = inbox.InboxEntry(message)
                (verdict,) = await inbox.take(connection, [entry], now)
                if verdict is not inbox.Seen.NEW:
                    return None
                reach("request-taken")
                known = condemned.get(str(row["id"]))
                acting = ActionContext(self._transaction, connection, asked, now, self._broker, prepared)
                ruling = _refused(asked, FAILED, known.detail) if known else await self._act(acting, row)
                reach("request-acted")
                message = self._message(ruling.asked, ruling)
                records = {message.name: record_of(message)}
                judged, _ = await self._transaction.decide(connection, [message], records, now, {}, limited=False)
                reach("request-before-commit")
        reach("request-after-commit")
        self._transaction.committed(judged)
        return ruling

    async def _act(self, acting: ActionContext, row: asyncpg.Record) -> Ruling:
        """Do what is asked, or say why not; what a refused action had written is undone."""
        asked, raw = acting.request, row["detail"]
        action = self._actions.get(asked.action)
        if action is None:
            able = ", ".join(sorted(self._actions))
            return _refused(asked, UNKNOWN_ACTION, f"{self._transaction.service.name} can do: {able}")
        if mask(asked.why) != asked.why or mask(asked.who) != asked.who:
            bare = msgspec.structs.replace(asked, why=mask(asked.why), who=mask(asked.who))
            return _refused(bare, PHONE_NUMBER, "leave the phone number out: reasons go into the log for good")
        if NUL in raw:
            return _refused(
                asked, NOT_UNDERSTOOD, "the detail holds a character that no text of the log may have (NUL)"
            )
        try:
            detail = msgspec.json.decode(raw, type=action.detail)
            shown: dict[str, Any] = msgspec.to_builtins(detail, str_keys=True)
            asked = msgspec.structs.replace(asked, detail=shown)
            async with acting.connection.transaction():
                answer = await action.act(replace(acting, request=asked), detail)
        except msgspec.MsgspecError as error:
            return _refused(asked, NOT_UNDERSTOOD, str(error))
        except Refusal as refusal:
            return _refused(asked, refusal.reason, refusal.explanation)
        except (*AWAY, *TRANSIENT, NotYet):
            raise
        except (KernelError, asyncpg.PostgresError) as error:
            return _refused(asked, FAILED, f"{type(error).__name__}: {error}")
        done = OperatorDone(
            request_id=asked.request_id, action=asked.action, reason=answer.reason, result=dict(answer.result)
        )
        return Ruling(asked=asked, done=done)

    def _message(self, asked: OperatorRequested, ruling: Ruling) -> Message:
        stream = stream_of(asked.request_id)
        return Message(
            source=self._source,
            id=asked.request_id,
            type=REQUEST,
            time=asked.asked_at,
            data=ruling,
            key=asked.request_id,
            partition=0,
            stream=stream,
        )


def _say(ruling: Ruling) -> None:
    asked, answer = ruling.asked, ruling.done or ruling.refused
    log.warning(
        "an operator's request was judged",
        request=asked.request_id,
        action=asked.action,
        by=asked.who,
        why=asked.why,
        outcome="done" if ruling.done else "refused",
        reason=answer.reason if answer else None,
    )


def _asked(row: asyncpg.Record) -> OperatorRequested:
    """A row as it was asked, its detail not yet looked at."""
    return OperatorRequested(
        request_id=str(row["id"]),
        who=row["who"],
        login=row["login"],
        action=row["action"],
        why=row["reason"],
        asked_at=row["at"],
    )


def _refused(asked: OperatorRequested, reason: str, explanation: str) -> Ruling:
    said = storable(mask(explanation))[:LONGEST]
    refused = OperatorRefused(request_id=asked.request_id, action=asked.action, reason=reason, explanation=said)
    return Ruling(asked=asked, refused=refused)


async def answer_of(connection: Connection, request_id: UUID) -> OperatorDone | OperatorRefused | None:
    """The answer to a request; None while it waits."""
    row = await connection.fetchrow(SQL["answer"], request_id)
    if row is None:
        return None
    kind: Any = STRUCTS[row["type"]]
    answer: OperatorDone | OperatorRefused = msgspec.json.decode(row["data"], type=kind)
    return answer
