"""Say which errors mean that Postgres or Kafka is away: one list for every loop.

Three kinds of trouble come out of the drivers. A *conflict* is cured by trying again at once; what is *away* is cured by
waiting; both say nothing about the message in hand. Only what Postgres says of the data itself does, and that is said
by `blames_the_data`.
"""

from typing import Final

import asyncpg
from aiokafka.errors import KafkaError

TRANSIENT: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    # A migration went over tables that this connection had looked at before: it looks again.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
"""Conflicts: trying again at once cures them."""

BROKER: Final = (OSError, KafkaError)  # TimeoutError is an OSError
"""What a broker that is away, or the way to it, can say."""

LOST: Final = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, ConnectionError)
"""A connection to Postgres was lost while in use; whatever else the block did, a file it read say, is not meant."""

AWAY: Final = (
    *BROKER,
    asyncpg.InterfaceError,
    # An idle connection whose backend ended: the server's last word is read, the end of the stream is not, and the next
    # statement is told "cannot switch to state …; another operation is in progress".
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,  # no connections, no memory, no disk
    asyncpg.PostgresSystemError,  # reading or writing a file failed below Postgres
)
"""Waiting cures these: nothing was done, and nothing is said about the message in hand."""

Kinds = tuple[type[BaseException], ...]

DATABASE: Final = (*AWAY, *TRANSIENT, asyncpg.PostgresError)
"""Whatever Postgres, or the way to it, can say: a loop that holds no message waits all of it out."""

# Data exception, cardinality, integrity, raised by a trigger, more than an index or a row can hold (SQLSTATE classes).
_OF_THE_DATA: Final = frozenset({"21", "22", "23", "P0", "54"})


def is_only(error: BaseException | None, kinds: Kinds) -> bool:
    """Whether `error` is one of `kinds`, or a group of nothing else."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_only(one, kinds) for one in error.exceptions)
    return isinstance(error, kinds)


def blames_the_data(error: BaseException) -> bool:
    """Whether Postgres refused what was to be written, and not the connection, the schema or our rights."""
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] in _OF_THE_DATA
