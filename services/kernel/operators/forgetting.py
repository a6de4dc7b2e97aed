"""Forget what is personal in old events, by a service's rules, in small steps that stand in the log.

A step is an operator's request that the service makes of itself: what it takes out and the word that it did so are one
transaction, and whatever is killed between two steps goes on with the next. What is left of each event is hashed, and the
root over those hashes stands in the answer (`operator.done`): so an audit, and whoever holds an evidence bundle, can tell an
event that was forgotten by a rule from one that somebody changed. The chain and the signed heads stay as they are.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Protocol
from uuid import UUID, uuid4

import asyncpg
import msgspec
from msgspec import Meta

from schemas.contracts.base import Name, Wire
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import Connection, advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.operating import OperatorDone
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.kernel.proof import merkle
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "forgetting.sql")
OPERATIONS = queries(Path(__file__).parents[1] / "sql" / "operations.sql")

FORGET: Final = "forget"
FORGOTTEN: Final = "[forgotten]"
"""What stands where a text or a name was that may not be empty."""
DONE: Final = "forgotten"
NOTHING: Final = "nothing-to-forget"
ROUND_SECONDS: Final = 3_600.0
PAUSE_SECONDS: Final = 0.2
PATIENCE: Final = 150
"""Looks for an answer, with a pause after each; a step that is not answered by then goes on with a later round."""
SPAN: Final = 2_000
"""Events that are looked through at once."""
FIELDS: Final = 2
"""Raised with each change that makes more fields forgettable: the log is looked through once more from its beginning. A version
before, which does not find those, keeps its own mark of how far it has looked."""
LEAST_DAYS: Final = 30


def kept_long_enough(days: int) -> int:
    """The same number of days, if forgetting after so many is allowed; 0: for ever.

    Raises:
        ValueError: it is not.

    """
    if 0 < days < LEAST_DAYS:
        raise ValueError(f"what is younger than {LEAST_DAYS} days is never forgotten")
    return days


class ForgettingRule(Protocol):
    """What one rule forgets, and after how many days (0: never). Its fields stand in table forgettable, under its name."""

    name: str
    days: int

    async def due(self, connection: Connection, before: datetime) -> Sequence[int]:
        """Positions of events to forget next, of those decided before that instant; none: there is nothing to forget."""
        ...

    async def forgot(self, connection: Connection, positions: Sequence[int], at: datetime) -> None:
        """They are forgotten, now (`at`): forget what tables of the service's own hold of them."""
        ...


class LogRule:
    """Looks through the log, span by span, for what has come of age."""

    def __init__(self, name: str, days: int) -> None:
        self.name, self.days = name, kept_long_enough(days)
        self._mark = f"{name}/{FIELDS}"

    async def due(self, connection: Connection, before: datetime) -> Sequence[int]:
        """See ForgettingRule. What it has looked through without finding anything it passes over from then on."""
        after: int = await connection.fetchval(SQL["reached"], self._mark)
        while (upto := await connection.fetchval(SQL["span"], after, SPAN, before)) is not None and upto > after:
            if found := await self.among(connection, after, upto):
                return found
            await connection.execute(SQL["reach"], self._mark, upto)
            after = upto
        return ()

    async def among(self, connection: Connection, after: int, upto: int) -> Sequence[int]:
        """Of the events after one position and up to another those to forget."""
        return [row["position"] for row in await connection.fetch(SQL["by_age"], after, upto, self.name)]

    async def forgot(self, connection: Connection, positions: Sequence[int], at: datetime) -> None:
        """Nothing else holds it."""


class OneRule(Wire, frozen=True, kw_only=True):
    """By which rule to forget the next of what is due."""

    rule: Name


class ForgottenEvent(NamedTuple):
    """One event of which something was taken out; `digest`: sha256 over the data that is left."""

    position: int
    stream_id: str
    version: int
    digest: bytes

    @property
    def leaf(self) -> bytes:
        """Its leaf under the root that stands in the log."""
        return merkle.leaf(*self)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a service keeps what is personal."""

    rules: tuple[ForgettingRule, ...] = ()

    def rule(self, name: str) -> ForgettingRule | None:
        """The rule of that name, if it forgets anything at all."""
        return next((one for one in self.rules if one.name == name and one.days), None)


def keeping_of(service: object) -> Keeping:
    """The service's rules (`Service.keeping`, if it has any)."""
    found: Keeping = getattr(service, "keeping", Keeping())
    return found


async def forget(acting: ActionContext, detail: OneRule) -> ActionAnswer:
    """Take the next step by one rule: what is due by the service's own setting, whoever asks."""
    rule = keeping_of(acting.transaction.service).rule(detail.rule)
    if rule is None:
        raise Refusal("no-such-rule", f"{acting.transaction.service.name} forgets nothing by a rule {detail.rule}")
    connection, before = acting.connection, acting.now - timedelta(days=rule.days)
    positions = await rule.due(connection, before)
    asked = UUID(acting.request.request_id)
    rows = await connection.fetch(SQL["forget"], asked, rule.name, list(positions), acting.now) if positions else []
    if not rows:
        return ActionAnswer(NOTHING, {"rule": rule.name})
    gone = [ForgottenEvent(*row) for row in rows]
    reach("forgot-in-the-log")
    await rule.forgot(connection, [one.position for one in gone], acting.now)
    return ActionAnswer(DONE, {"rule": rule.name, "days": rule.days, "before": before.isoformat(), **rooted(gone)})


class ForgottenStep(Wire, frozen=True, kw_only=True):
    """What of a step's answer an event can be held to."""

    rule: Name
    events: Annotated[int, Meta(ge=1)]
    root: Name


def rooted(gone: Sequence[ForgottenEvent]) -> Mapping[str, Any]:
    """What the log says of the events of one step, oldest first: how many, from where to where, and the root over what is left."""
    root = merkle.root([one.leaf for one in gone]).hex()
    return {"events": len(gone), "first": gone[0].position, "last": gone[-1].position, "root": root}


class Forgetter:
    """Background work: asks, every hour, for steps until nothing is due; of several processes of a service one works at a time."""

    def __init__(self, service: object, name: str, pool: asyncpg.Pool, clock: Clock) -> None:
        self._keeping, self._name, self._pool, self._clock = keeping_of(service), name, pool, clock
        self._key = advisory_key(name, "forget")

    async def run(self) -> None:
        """Forget every hour until cancelled; what fails is tried again an hour later."""
        await every(ROUND_SECONDS, self.once, cures=DATABASE, waits="forgetting waits")

    async def once(self) -> None:
        """One round, by each rule."""
        for rule in self._keeping.rules:
            if rule.days and await self._is_due(rule):
                await steps_alone(self._pool, self._key, partial(self._step, rule))

    async def _is_due(self, rule: ForgettingRule) -> bool:
        async with self._pool.acquire() as connection:
            return bool(await rule.due(connection, self._clock.now() - timedelta(days=rule.days)))

    async def _step(self, rule: ForgettingRule) -> bool:
        """Ask for one step, unless one is asked for already; whether there may be more."""
        if not await self._is_due(rule) or await self._pool.fetchval(SQL["waits"], rule.name):
            return False
        request = uuid4()
        detail = msgspec.json.encode(OneRule(rule=rule.name)).decode()
        why = f"older than {rule.days} days"
        await self._pool.execute(
            OPERATIONS["ask"], request, self._clock.now(), f"{self._name} (by itself)", FORGET, why, detail
        )
        for _ in range(PATIENCE):
            await asyncio.sleep(PAUSE_SECONDS)
            row = await self._pool.fetchrow(OPERATIONS["answer"], request)
            if row is not None:
                return _is_done(row["data"])
        return False


def _is_done(answer: str) -> bool:
    """Whether a step forgot anything, by the answer in the log."""
    try:
        return msgspec.json.decode(answer, type=OperatorDone).reason == DONE
    except msgspec.ValidationError:
        return False


FORGETTING_ACTIONS: Mapping[str, Action[Any]] = {FORGET: Action(OneRule, forget)}
