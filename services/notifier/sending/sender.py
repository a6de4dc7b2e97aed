"""Send what is requested: claim, one POST, classify, record. Never a blind retry (notes: docs/adr/0006).

At most one POST per attempt; a new attempt only with proof that the one before created nothing. Where the database was
restored to an earlier state (`restored_to`) it may not know of attempts: then a text's first one is a look-up.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

import asyncpg
import structlog

from schemas.contracts.messages import Lane
from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.lookout import Lookout, Work
from services.kernel.writing.ingest import Ingest
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.provider.circuit import SILENT, RefusalHandling, judge, silence, stands_back
from services.notifier.domain.provider.code_rules import Scope
from services.notifier.domain.provider.port import (
    Accepted,
    SendOutcome,
    SendRefused,
    SendRequest,
    SmsProvider,
    TooLate,
    Unknown,
)
from services.notifier.domain.provider.scheduling import (
    BAD_SCHEDULE,
    SCHEDULED,
    SchedulingProvider,
    waits_with_provider,
)
from services.notifier.replying.tables import is_opted_out
from services.notifier.sending.claiming import Claim, Claims
from services.notifier.sending.counts import counts_of, watch_waiting
from services.notifier.sending.gates.brake import BrakeMonitor
from services.notifier.sending.gates.caught_up import CaughtUpGate
from services.notifier.sending.gates.circuits import Circuits
from services.notifier.sending.gates.older_pods import OlderPods
from services.notifier.sending.gates.owner import PROOF_SECONDS, OwnerLock
from services.notifier.sending.gates.paces import SharedPace
from services.notifier.sending.lane_worker import FAILING, REST_SECONDS, LaneWorker
from services.notifier.sending.reconciling.restores import RestoreWatch
from services.notifier.sending.recorder import SQL, Recorder
from services.notifier.sending.routing.router import Router
from services.notifier.sending.scheduling.prepared import prepare, schedule
from services.notifier.tables.vault import Vault, VaultError, country_of, number_of
from services.policy.model import Telling
from services.policy.quiet import Nights

log = structlog.get_logger()

POST_WITHIN_SECONDS = 10.0
# An attempt that is still under way after this hangs: it is too late for its post, so others may find out what became of it.
HANGS_SECONDS = 60.0
# On SIGTERM posts under way may end; a post that takes longer is left to the look-up of whoever comes next.
DRAIN_SECONDS = 5.0
# Posts that may be without an answer: as many as go in a second, and at least so many.
AT_ONCE: Final = 8
AT_ONCE_SECONDS: Final = 1.0
# Of as many slots as are given, a lane has one part in so many: what is less urgent need not go side by side.
SLOTS: Final[Mapping[Lane, int]] = {"critical": 1, "key": 1, "notice": 2, "bulk": 4}

OPTED_OUT, DATABASE_AWAY = "opted-out", "database-away-before-its-post"
TOO_LATE, VAULT_SHUT, NO_NUMBER, BEHIND_CIRCUIT = "too-late", "number-cannot-be-read", "no-number", "circuit-open"
ANOTHER_NUMBER, SAYS_TOO_MUCH = "another-number", "says-what-is-withdrawn"


class Sender:
    """Claims and posts, as long as it holds its owner lock: once that is gone, no post of its old number can come."""

    def __init__(
        self,
        ingest: Ingest,
        pool: asyncpg.Pool,
        provider: SmsProvider,
        vault: Vault,
        clock: Clock,
        *,
        per_second: float,
        at_once: int | None = None,
        gate: CaughtUpGate | None = None,
        proof: float = PROOF_SECONDS,
        restored_to: datetime | None = None,
        nights: Nights | None = None,
        restores: RestoreWatch | None = None,
        router: Router | None = None,
        schedules: bool = False,
        handset_most: int = Telling().handset_most,
    ) -> None:
        self._restored_to, self._restores, self._nights = restored_to, restores, nights
        self._schedules = schedules and isinstance(provider, SchedulingProvider) and provider.schedules
        self._registry = registry = ingest.transaction.telemetry.registry
        self._counts = counts_of(registry)
        self.recorder = Recorder(ingest, pool, provider.name, clock)
        self.circuits = Circuits(pool, registry, clock, provider=provider.name, sender=provider.sender)
        self._pool = pool
        self._provider = provider
        self._vault = vault
        self._clock = clock
        self._gate = gate
        self._brake = BrakeMonitor(pool, registry, clock)
        self._older = OlderPods(pool, clock)
        self._over = Work(clock)
        self.pace = SharedPace(
            pool, registry, clock, provider=provider.name, sender=provider.sender, ceiling=per_second
        )
        slots = at_once or max(AT_ONCE, ceil(per_second * AT_ONCE_SECONDS))
        self.lanes: Mapping[Lane, LaneWorker] = {
            lane: LaneWorker(
                lane,
                max(1, slots // part),
                Claims(
                    pool,
                    clock,
                    self.circuits,
                    provider.name,
                    nights,
                    lanes=(lane,),
                    router=router,
                    handset_most=handset_most,
                    older=self._older,
                    no_room=self.recorder.no_room,
                ),
                self.pace,
                clock,
                owner=lambda: self.owner,
                may=self._may_claim,
                send=self._send,
            )
            for lane, part in SLOTS.items()
        }
        self._lock = OwnerLock(clock, self._call_back, lambda: self.in_flight > 0, proof)
        self._posts: set[asyncio.Task[SendOutcome]] = set()
        self._away_until = 0.0

    @property
    def owner(self) -> int:
        """The number whose lock this process holds, or takes next."""
        return self._lock.number

    @property
    def in_flight(self) -> int:
        """How many attempts are under way."""
        return sum(len(worker.under_way) for worker in self.lanes.values())

    def is_at(self, message_id: str, attempt: int) -> bool:
        """Whether an attempt of ours may still post, or write down what came of it: not one that hangs."""
        since = self._clock.monotonic() - HANGS_SECONDS
        return any(
            (claim.message_id, claim.attempt) == (message_id, attempt) and claim.monotonic > since
            for worker in self.lanes.values()
            for claim in worker.under_way.values()
        )

    async def run(self, dsn: str) -> None:
        """Send until cancelled, through outages of PostgreSQL. `dsn`: for the owner lock's direct connection."""
        holding = asyncio.create_task(self._lock.run(dsn))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._lookout().run())
                group.create_task(self._brake.run())
                group.create_task(self.circuits.run())
                group.create_task(self._older.run())
                group.create_task(watch_waiting(self._pool, self._registry, self._clock))
                group.create_task(self._expire())
                for worker in self.lanes.values():
                    group.create_task(worker.run())
                group.create_task(_as_long_as(holding))
        finally:
            # Others may resolve our attempts once the lock is free: not before the last post has ended.
            await self._drain()
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    def _lookout(self) -> Lookout:
        work = {
            **{f"claim_{lane}": worker.work for lane, worker in self.lanes.items()},
            "ready_over": self._over,
            "brakes": self._brake.work,
            "open_circuits": self.circuits.stand,
            "reported": self.circuits.reported,
            "numbers": self.pace.numbers,
        }
        return Lookout(self._pool, self._clock, SQL["at_hand"], self._moment, work)

    def _moment(self) -> tuple[object, ...]:
        return self._clock.now(), self._clock.wall(), list(LANE_RANK.values()), self._provider.name

    async def _drain(self) -> None:
        if under_way := [task for worker in self.lanes.values() for task in worker.under_way]:
            _, late = await asyncio.wait(under_way, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _expire(self) -> None:
        """Beside the sending and not before it: whatever hinders the end of old texts must not stop the new ones."""
        waits, wake = "old texts wait for their end", self._over.wake
        await every(REST_SECONDS, self._end_old, cures=DATABASE, waits=waits, failing=FAILING, wake=wake)

    async def _end_old(self) -> None:
        if self._over.perhaps and not (self._restores is not None and self._restores.holds):
            if self._restored_to is not None:
                await self.recorder.over_perhaps_sent(self._restored_to)
            await self.recorder.expired(self._restored_to)
        await self.pace.forget()

    def _call_back(self) -> None:
        """The owner lock is gone: others may soon send what is under way here, so nothing of it may still be written."""
        for post in self._posts:
            post.cancel()

    def _may_claim(self) -> bool:
        shut = self._gate is not None and not self._gate.is_open
        if shut or self._clock.monotonic() < self._away_until or not self._lock.stands():
            return False
        return self._restores is None or self._restores.permits(self.owner)

    async def _send(self, claim: Claim, answered: Callable[[], None]) -> None:
        try:
            ready = await self._ready(claim)
        except DATABASE:
            if self._restored_to is not None:
                raise  # perhaps it was written down that it is to be looked up: that stands
            await self._put_back(claim, DATABASE_AWAY)
            return
        if ready is not None:
            await self._go(claim, ready, answered)

    async def _ready(self, claim: Claim) -> tuple[str, str, datetime | None] | None:
        """Number, its blind index, until when the provider is to hold the text; None: it does not go, which is written down."""
        try:
            async with self._pool.acquire() as connection:
                number = await number_of(connection, self._vault, claim.contact_id)
        except VaultError as error:
            # Perhaps one row is damaged, perhaps our key is wrong: a person can help until the text is of no use.
            log.error("a number cannot be read; the text waits", message_id=claim.message_id, error=str(error))
            await self._put_back(claim, VAULT_SHUT)
            return None
        if number is None:
            await self._never(claim, NO_NUMBER)
            return None
        if (ref := self._vault.blind_index(number)) != claim.number_ref:
            if claim.speaks_for or claim.invites:
                # No longer the telephone of those for whom it speaks; or nobody knows whether answers come from there.
                await self._put_back(claim, ANOTHER_NUMBER)
                return None
            await self._pool.execute(SQL["goes_to"], claim.message_id, claim.attempt, ref)
        if self._restored_to is not None and await self.recorder.perhaps_sent(claim, self._restored_to):
            return None
        if await is_opted_out(self._pool, ref):
            # Also where STOP came between the claim and here.
            await self._never(claim, OPTED_OUT)
            return None
        if not claim.probe and self.circuits.shuts(country_of(number)):
            await self._put_back(claim, BEHIND_CIRCUIT)
            return None
        if claim.speaks_for and await self.recorder.says_too_much(claim):
            await self._put_back(claim, SAYS_TOO_MUCH)
            return None
        if await self.recorder.withdrawn(claim):
            return None
        return number, ref, await self._scheduled(claim)

    async def _go(self, claim: Claim, ready: tuple[str, str, datetime | None], answered: Callable[[], None]) -> None:
        number, ref, send_at = ready
        began, country = self._clock.now(), country_of(number)
        outcome = await self._post(
            SendRequest(
                message_id=claim.message_id,
                attempt=claim.attempt,
                to=number,
                body=claim.body,
                valid_seconds=(claim.expires_at - self._clock.now()).total_seconds(),
                send_at=send_at,
                before_write=lambda: self._in_time(claim),
            )
        )
        answered()
        if not isinstance(outcome, SendRefused) or outcome.http_status is not None:
            self._counts.posted(claim.lane, claim.waits_since, began)
            reach("posted")
        if isinstance(outcome, Accepted):
            made = (claim.message_id, claim.attempt, outcome.sid, self._clock.wall())
            if outcome.status != SCHEDULED or not await prepare(self._pool, *made):
                await self.recorder.taken(claim, outcome)
            await self.circuits.succeeded(country, claim.wall)
            await self.pace.taken(ref)
        elif isinstance(outcome, Unknown):
            await self.recorder.lost(claim, outcome)
            await self._heard_nothing(claim)
        else:
            await self._judged(claim, outcome, country, ref)

    async def _scheduled(self, claim: Claim) -> datetime | None:
        """Until when the provider is to hold the text, if it is; written down first, for the answer may be lost."""
        if not self._schedules or claim.due_at is None or claim.speaks_for:
            return None
        times = {"now": self._clock.now(), "due_at": claim.due_at, "expires_at": claim.expires_at}
        waits = waits_with_provider(claim.trigger, claim.lane, **times, nights=self._nights)
        if waits is None:
            return None
        send_at = self._clock.wall() + waits
        await schedule(self._pool, claim.message_id, claim.attempt, send_at)
        return send_at

    async def _post(self, request: SendRequest) -> SendOutcome:
        """The POST in a task of its own: losing the owner lock ends it, and nothing else of this attempt."""
        post = asyncio.create_task(self._provider.send(request))
        self._posts.add(post)
        try:
            await asyncio.wait((post,))
        except asyncio.CancelledError:
            post.cancel()
            raise
        finally:
            self._posts.discard(post)
        return Unknown("called back: the owner lock was lost") if post.cancelled() else post.result()

    def _in_time(self, claim: Claim) -> None:
        if claim.owner != self.owner or not self._lock.stands():
            raise TooLate("the owner lock does not stand")
        if self._clock.monotonic() - claim.monotonic > POST_WITHIN_SECONDS:
            raise TooLate(f"claimed more than {POST_WITHIN_SECONDS:.0f} s ago")
        if self._clock.now() >= claim.expires_at:
            raise TooLate("of no use any more")
        if self._gate is not None and not self._gate.allows(claim.monotonic):
            raise TooLate("claimed before a pause: what came meanwhile may say otherwise")
        reach("may-write")

    async def _judged(self, claim: Claim, outcome: SendRefused, country: str, ref: str) -> None:
        if outcome.reason == TOO_LATE:
            await self._put_back(claim, TOO_LATE)
            return
        if outcome.reason == BAD_SCHEDULE and self._schedules:
            # Our clock and the provider's differ by minutes: no text is worth less for that.
            log.error("the provider refuses our times: from now on texts go at once", message_id=claim.message_id)
            self._schedules = False
            await self._put_back(claim, BAD_SCHEDULE)
            return
        self.circuits.silent = self.circuits.silent + 1 if outcome.scope == "network" else 0
        past = await self.recorder.surely(lambda: self.circuits.past(claim.message_id))
        verdict = judge(outcome, past, contact_id=claim.contact_id, sender=self._provider.sender, country=country)
        if (fault := verdict.opens) is not None:
            why: dict[str, Any] = {"code": outcome.code, "http_status": outcome.http_status}
            await self.recorder.surely(lambda: self.circuits.opens(fault, outcome.reason, claim.wall, **why))
        wait = stands_back(verdict, outcome.scope, claim.attempt)
        if verdict.text == "again":
            wait = _backing_off(outcome, claim.attempt)
            if outcome.scope == "throttle":
                with suppress(*DATABASE):  # while it is away nothing is claimed, at whatever pace
                    await self.pace.refused(ref, claim.wall, wait)
            else:
                self._away_until = self._clock.monotonic() + min(wait.total_seconds(), 5.0)
        await self.recorder.refused(claim, outcome, verdict, wait)

    async def _heard_nothing(self, claim: Claim) -> None:
        self.circuits.silent += 1
        if (fault := silence(self.circuits.silent)) is not None:
            await self.circuits.opens(fault, SILENT, claim.wall)

    async def _never(self, claim: Claim, reason: str) -> None:
        """Not written, for there is nobody to have it."""
        nobody = _not_posted(reason, "contact")
        await self.recorder.refused(claim, nobody, RefusalHandling("over", reason), timedelta(0))

    async def _put_back(self, claim: Claim, reason: str) -> None:
        """Not written, for a reason of our own: nobody is at fault."""
        wait = _backing_off(None, claim.attempt) if reason == VAULT_SHUT else timedelta(0)
        await self.recorder.refused(claim, _not_posted(reason), RefusalHandling("again", reason), wait)


async def _as_long_as(holding: asyncio.Task[None]) -> None:
    """Ends with an error if the keeper of the lock ends: a sender that could never post must not look alive."""
    await asyncio.shield(holding)
    raise RuntimeError("the keeper of the owner lock ended")


def _backing_off(outcome: SendRefused | None, attempt: int) -> timedelta:
    """What the provider asked for; else a pause that grows, with jitter, so that texts do not come back together."""
    if outcome is not None and outcome.retry_after:
        return timedelta(seconds=outcome.retry_after)
    grown = min(60.0, 2.0 ** (min(attempt, 10) - 1))
    return timedelta(seconds=grown * (0.5 + secrets.randbelow(1000) / 1000))


def _not_posted(reason: str, scope: Scope = "throttle") -> SendRefused:
    return SendRefused(reason=reason, http_status=None, code=None, retry_after=None, scope=scope)
