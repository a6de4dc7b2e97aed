"""Find the message of an attempt at the provider: where it went, and none that is another attempt's."""

import asyncpg

from services.notifier.domain.provider.port import FindRequest, LookupFailed, ProviderMessage, SmsProvider
from services.notifier.sending.recorder import SQL
from services.notifier.tables.vault import Vault, number_of


class Finder:
    """Looks attempts up. A row has what statement `unresolved` gives of an attempt."""

    def __init__(self, pool: asyncpg.Pool, provider: SmsProvider, vault: Vault) -> None:
        self._pool = pool
        self._provider = provider
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
        return await self._provider.find(
            FindRequest(
                to=number if same else None,
                goes_to=lambda to: same or self._vault.blind_index(to) == ref,
                body=row["body"],
                ref=row["ref"],
                started_at=row["started_at"],
                owned=owned,
            )
        )
