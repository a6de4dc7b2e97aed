"""Walk a provider's list once and bring our books in line with it: settle what can be, write down where the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.queries import queries
from services.notifier.domain.customer.decider import ANOTHERS_MESSAGE
from services.notifier.domain.events import SendingReceipt
from services.notifier.domain.provider.listing import (
    DENIED,
    OURS,
    THEIRS,
    BookedText,
    DifferenceKind,
    ListedMessage,
    MessageLister,
    denies,
    fitting,
    is_being_seen_to,
    is_from,
    settles,
)
from services.notifier.domain.provider.port import LookupFailed, ProviderMessage, SmsProvider
from services.notifier.domain.provider.scheduling import CANCELED
from services.notifier.sending.reconciling.span import BOOKED_BEFORE, CLOCK_SLACK
from services.notifier.sending.recorder import Recorder
from services.notifier.tables.vault import Vault

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "reconciling.sql")
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), "")


class WalkBroken(Exception):
    """The provider could not be asked to the end: what its list lacks is not known. The message says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """One walk: `run_id`, and the real instants between which it looks; `began`: when it began."""

    run_id: UUID
    since: datetime
    until: datetime
    began: datetime


class ListWalk:
    """Walks for one provider. `provider` shows its list, and tells of one message by its id."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        recorder: Recorder,
        provider: SmsProvider,
        lister: MessageLister,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._recorder = recorder
        self._provider = provider
        self._lister = lister
        self._vault = vault
        self._clock = clock

    async def walk(self, span: Span) -> None:
        """Both ways: what the list has against our books, then what our books have and the list did not show.

        Whoever is killed in it begins again: each step may be done twice.

        Raises:
            WalkBroken: the provider could not be asked.
            VaultError: never for a number of the list; no number is opened here.

        """
        async for page in self._lister.listed(span.since - CLOCK_SLACK, span.until):
            if isinstance(page, LookupFailed):
                raise WalkBroken(page.why)
            ours = [one for one in page if is_from(one, self._lister.sender)]
            settled = await self._page(span, ours)
            await self._pool.execute(SQL["count_page"], span.run_id, len(ours), len(page) - len(ours), settled)
            reach("page-reconciled")
        await self._unlisted(span)

    async def _page(self, span: Span, page: Sequence[ListedMessage]) -> int:
        """Returns how many texts it settled."""
        sids = [one.sid for one in page]
        known = {row["sid"]: row for row in await self._pool.fetch(SQL["known"], sids)}
        await self._pool.execute(SQL["seen"], sorted(known), self._clock.wall())
        settled = 0
        # Oldest first: of two that are alike the first that went is the first text's.
        for message in reversed(page):
            if message.status == CANCELED:
                continue  # taken back before its time: it never went
            if (row := known.get(message.sid)) is not None:
                settled += await self._compare(span, row, message)
            else:
                settled += await self._claim(span, message)
        return settled

    async def _compare(self, span: Span, row: Any, message: ListedMessage | ProviderMessage) -> bool:
        """A text of ours by its id: whether the provider knows more of it than we do."""
        if denies(row["state"], message.status):
            await self._differs(span, DENIED, message.sid, message.status, message.created_at, row)
            return False
        if not settles(row["state"], message.status):
            return False
        return await self._receipt(row["message_id"], row["customer_id"], row["n"], message)

    async def _receipt(
        self, message_id: str, customer_id: str, attempt: int, message: ListedMessage | ProviderMessage
    ) -> bool:
        said = SendingReceipt(
            message_id=message_id,
            customer_id=customer_id,
            provider=self._provider.name,
            provider_sid=message.sid,
            status=message.status,
            code=message.error_code,
            attempt=attempt,
            at=self._clock.now(),
        )
        return await self._recorder.say(said, f"{message_id}/{message.sid}/{message.status}") is not None

    async def _claim(self, span: Span, message: ListedMessage) -> bool:
        """A message whose id we do not know: a text of ours whose answer is lost with us, or nobody's."""
        ref = self._vault.blind_index(message.to)
        rows = await self._pool.fetch(SQL["booked"], ref, message.created_at - BOOKED_BEFORE)
        text = fitting(message, [BookedText(**row) for row in rows])
        if text is None:
            whose = await self._pool.fetchval(SQL["whose_number"], ref)
            await self._put(span, THEIRS, message.sid, message.status, message.created_at, None, whose)
            return False
        if is_being_seen_to(text):
            return False  # its own answer or look-up tells; the next walk has it otherwise
        attempt: int | None = max(1, text.attempts)
        if text.state == "ready":
            aside = (text.message_id, self._provider.name, message.created_at, self._clock.wall(), ref)
            attempt = await self._pool.fetchval(SQL["take_aside"], *aside)
            reach("taken-aside")
        if attempt is None:
            return False  # claimed since then
        said = await self._recorder.accepted(
            text.message_id, text.customer_id, attempt, message.sid, "look-up", self._provider.name
        )
        if said in (ANOTHERS_MESSAGE, "unknown-message"):
            row = {"message_id": text.message_id, "customer_id": text.customer_id}
            await self._differs(span, THEIRS, message.sid, message.status, message.created_at, row)
            return False
        log.info("found on the provider's list", message_id=text.message_id, sid=message.sid, became=said)
        await self._receipt(text.message_id, text.customer_id, attempt, message)
        return True

    async def _unlisted(self, span: Span) -> None:
        """Texts that the provider took and the list did not show: each is asked for by its id."""
        after, keeps = _FIRST, self._lister.keeps
        since = span.since if keeps is None else max(span.since, span.began - keeps)
        while rows := await self._pool.fetch(
            SQL["unlisted"], self._provider.name, since, span.until, span.began, *after
        ):
            for row in rows:
                found = await self._provider.fetch(row["sid"])
                if isinstance(found, LookupFailed):
                    raise WalkBroken(found.why)
                if found is None:
                    await self._differs(span, OURS, row["sid"], "not-there", row["started_at"], row)
                    continue
                await self._pool.execute(SQL["seen"], [row["sid"]], self._clock.wall())
                await self._compare(span, row, found)
            after = (rows[-1]["started_at"], rows[-1]["message_id"])

    async def _differs(self, span: Span, kind: DifferenceKind, sid: str, status: str, at: datetime, row: Any) -> None:
        await self._put(span, kind, sid, status, at, row["message_id"], row["customer_id"])

    async def _put(
        self,
        span: Span,
        kind: DifferenceKind,
        sid: str,
        status: str,
        at: datetime,
        message_id: str | None,
        customer_id: str | None,
    ) -> None:
        log.warning(
            "the provider's list and our books differ", kind=kind, sid=sid, message_id=message_id, status=status
        )
        what = (self._provider.name, sid, kind, message_id, customer_id, status, at)
        await self._pool.execute(SQL["differs"], *what, self._clock.now(), span.run_id)
