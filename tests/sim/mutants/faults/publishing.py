"""Faults of the relay: rows deleted that Kafka has not, rows sent in another order."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from services.kernel.queries import SQL
from services.kernel.writing.relay import Relay
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


class _Trusted:
    """A producer of which every send is taken to have gone well."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def send(self, rows: Any) -> list[bool]:
        return [True for _ in await self._producer.send(rows)]


@mutant(under=worlds.sends_are_refused)
def relay_deletes_past_a_failed_send() -> Iterator[None]:
    """What Kafka refused is deleted with what it took: a word to a customer is lost, and no trace of it is left."""
    publish = Relay.publish_some

    async def trusting(self: Relay, connection: Any) -> bool:
        with patch.object(self, "_producer", _Trusted(self._producer)):
            return await publish(self, connection)

    with patch.object(Relay, "publish_some", trusting):
        yield


@mutant(under=worlds.somebody_dies_all_the_time)
def relay_deletes_before_it_sends() -> Iterator[None]:
    """Rows leave the outbox before Kafka has them: a process that dies between has told nobody."""
    head = SQL["outbox_head"]
    ahead = (
        f"with head as ({head}), gone as (delete from outbox where id in (select id from head)) "
        "select * from head order by id"
    )
    with patch.dict(SQL, {"outbox_head": ahead}):
        yield


@mutant(
    survives="words are numbered, and an older one that comes later is ignored: fan-out-without-version takes that away"
)
def relay_out_of_order() -> Iterator[None]:
    """Rows of one key are sent newest first: a reader hears that power is back before it hears that it went."""
    with worlds.words_come_in_disorder():
        yield
