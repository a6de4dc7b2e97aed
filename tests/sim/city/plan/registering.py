"""The registry speaks while outages are under way: somebody is new, has moved, has another number, is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.registry.entry import RegistryEntry
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import customers
from schemas.contracts.customers import ERASED, CustomerErased, CustomerUpserted, type_of
from services.notifier.tables.vault import put_number
from tests.chaos.truth import KnownFact
from tests.sim.city.stage import Stage

SOURCE: Final = "/registry"


@dataclass(frozen=True, slots=True)
class Registered:
    """A customer as the registry has them from now on, numbers and all; `how`: what has changed."""

    at: float
    entry: RegistryEntry
    how: str

    @property
    def about(self) -> str:
        """The customer."""
        return self.entry.customer.customer_id

    async def do(self, stage: Stage) -> None:
        """See Act. Numbers first, as an import does it."""
        one = self.entry.customer
        await import_numbers(stage, self.entry)
        stage.imported[one.customer_id] = self.entry
        await _say(stage, one, one.updated_at)

    def __str__(self) -> str:
        """For a person."""
        one = self.entry.customer
        return f"registry: {one.customer_id} {self.how}: {', '.join(one.own_lines)}, {one.language}"


@dataclass(frozen=True, slots=True)
class MovedIn:
    """Several customers are new to the registry, one after the other; `how`: what they have in common."""

    at: float
    entries: tuple[RegistryEntry, ...]
    how: str

    @property
    def about(self) -> str:
        """All of them: they are left out together."""
        return ", ".join(one.customer.customer_id for one in self.entries)

    async def do(self, stage: Stage) -> None:
        """See Act."""
        for entry in self.entries:
            await Registered(self.at, entry, self.how).do(stage)

    def __str__(self) -> str:
        """For a person."""
        return f"registry: {self.about} {self.how}: {', '.join(self.entries[0].customer.own_lines)}"


@dataclass(frozen=True, slots=True)
class Gone:
    """The registry has a customer no more."""

    at: float
    word: CustomerErased

    @property
    def about(self) -> str:
        """The customer."""
        return self.word.customer_id

    async def do(self, stage: Stage) -> None:
        """See Act."""
        stage.imported.pop(self.word.customer_id, None)
        await _say(stage, self.word, self.word.erased_at)

    def __str__(self) -> str:
        """For a person."""
        return f"registry: {self.about} is gone"


async def import_numbers(stage: Stage, entry: RegistryEntry) -> None:
    """Put a customer's numbers in the vault, as an operator's import does."""
    log, one = stage.city.logs["notifier"], entry.customer
    stage.note_numbers(entry)
    async with stage.numbers, log.transaction():
        for contact, number in entry.numbers.items():
            await put_number(
                log,
                stage.city.vault,
                customer_id=one.customer_id,
                contact_id=contact,
                number=number,
                at=one.updated_at,
            )


async def _say(stage: Stage, word: CustomerUpserted | CustomerErased, at: datetime) -> None:
    sent = stage.city.clock.now()
    type_ = type_of(word) if isinstance(word, CustomerUpserted) else ERASED
    id_ = f"{word.customer_id}/{at.isoformat()}"
    event = CloudEvent(source=SOURCE, id=id_, type=type_, time=at, data=word)
    await stage.hand_over(to_kafka(event, customers.TOPIC))
    stage.homes.append(KnownFact(stage.city.clock.now(), word, sent))
