"""Find the message of an attempt at its provider: where it went, and none that is another attempt's."""

from collections.abc import Sequence

import asyncpg

from services.notifier.domain.provider.port import FindRequest, LookupFailed, ProviderMessage, SmsProvider
from services.notifier.sending.recorder import SQL
from services.notifier.tables.vault import Vault, number_of


class Finder:
    """Looks up attempts of one provider. A row has what statement `unresolved` gives of an attempt.

    `others`: further providers that may have a text's message where nobody knows by which of them it went (a row with a `ref`).
    """

    def __init__(
        self, pool: asyncpg.Pool, provider: SmsProvider, vault: Vault, others: Sequence[SmsProvider] = ()
    ) -> None:
        self._pool = pool
        self._provider = provider
        self._others = tuple(others)
        self._vault = vault
        self._anothers: set[str] = set()

    def forget(self) -> None:
        """Nothing waits for a verdict: what was found to be others' need not be kept."""
        self._anothers.clear()

    def is_anothers(self, sid: str) -> None:
        """A message that was found is known as another text's: it is not found again."""
        self._anothers.add(sid)

    async def find(self, row: asyncpg.Record) -> ProviderMessage | LookupFailed | None:
        """The message, or None where the provider shows none.

        Raises:
            VaultError: the number cannot be read.

        """
        async with self._pool.acquire() as connection:
            number = await number_of(connection, self._vault, row["contact_id"])
            owned = await connection.fetch(SQL["sids_of_contact"], row["contact_id"])
        return await self._found(row, number, frozenset(r["provider_sid"] for r in owned) | self._anothers)

    async def _found(
        self, row: asyncpg.Record, number: str | None, owned: frozenset[str]
    ) -> ProviderMessage | LookupFailed | None:
        """Asks for the text where its attempt went, which is not always the contact's present number."""
        ref = row["number_ref"]
        if ref is None and number is None:
            # An older version's row, of a customer erased meanwhile: nobody can be asked. Freed, it is refused for that.
            return None
        same = ref is None or (number is not None and self._vault.blind_index(number) == ref)
        request = FindRequest(
            message_id=row["message_id"],
            attempt=row["n"] if row["ref"] is None else None,
            to=number if same else None,
            goes_to=lambda to: same or self._vault.blind_index(to) == ref,
            body=row["body"],
            ref=row["ref"],
            started_at=row["started_at"],
            owned=owned,
        )
        return await self._asked(request, self._others if request.attempt is None else ())

    async def _asked(
        self, request: FindRequest, others: Sequence[SmsProvider]
    ) -> ProviderMessage | LookupFailed | None:
        """The first that has it; None only where each of them says that it has none."""
        failed: LookupFailed | None = None
        for provider in (self._provider, *others):
            found = await provider.find(request)
            if isinstance(found, ProviderMessage):
                return found
            failed = found or failed
        return failed
