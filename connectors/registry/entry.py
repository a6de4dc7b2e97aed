"""A key customer as a registry file gives it: the public part for Kafka, the numbers for the vault, never mixed."""

from dataclasses import dataclass, field

from schemas.contracts.customers import CustomerUpserted


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One key customer. `numbers`: contact id → E.164, for the notifier's vault only; left out of every repr."""

    customer: CustomerUpserted
    numbers: dict[str, str] = field(repr=False)
