"""What a conversation remembers of what it owes its customer, and of what they confirmed. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from schemas.contracts.messages import ContactConfirmed
from schemas.contracts.promises import Promise, PromiseMade
from services.promises import PromiseRecord, after

FIRST_WORD: Final = "first-word"
NEXT_WORD: Final = "next-word"
RESTORED_WORD: Final = "restored-word"
REACHED: Final = "customer-reached"
SECOND_CONTACT: Final = "second-contact-reached"
ANSWERS: Final = "customer-answers"
ACCOUNT_MANAGER: Final = "account-manager-calls"
OPERATORS: Final = "operators-call"
CHAIN: Final = (REACHED, SECOND_CONTACT, ANSWERS, ACCOUNT_MANAGER, OPERATORS)
"""The steps that follow where nobody answers (chain.py); one is under way at a time."""
BESIDE: Final = "beside/supply"
"""The thread of texts to the next contact."""


@dataclass(frozen=True, slots=True)
class CustomerLedger:
    """Of each obligation the promise that is open, or was broken and is not made good yet.

    `made`: how many promises there were, which numbers the next one. `confirmed_at`: when the customer last said, or had said
    for them, that they know; a receipt confirms nothing here.
    """

    records: Mapping[str, PromiseRecord] = field(default_factory=dict)
    made: int = 0
    confirmed_at: datetime | None = None

    def open(self, obligation: str) -> PromiseRecord | None:
        """The promise of this that waits for its verdict."""
        record = self.records.get(obligation)
        return record if record is not None and record.standing == "open" else None

    def broken(self, obligation: str) -> PromiseRecord | None:
        """The promise of this that was broken, and not made good since."""
        record = self.records.get(obligation)
        return record if record is not None and record.standing == "broken" else None


NOTHING_OWED: Final = CustomerLedger()


def after_confirmation(owed: CustomerLedger, said: ContactConfirmed) -> CustomerLedger:
    """After one more confirmation; a handset's receipt says only that a text arrived."""
    if said.how == "receipt" or (owed.confirmed_at is not None and said.confirmed_at <= owed.confirmed_at):
        return owed
    return replace(owed, confirmed_at=said.confirmed_at)


def after_promise(owed: CustomerLedger, said: Promise) -> CustomerLedger:
    """After one more word about a promise; what is kept or voided is the log's alone."""
    if isinstance(said, PromiseMade):
        record = after(None, said)
        known = owed.records if record is None else {**owed.records, said.obligation: record}
        return replace(owed, records=known, made=owed.made + 1)
    for obligation, record in owed.records.items():
        if record.promise_id == said.promise_id:
            moved = after(record, said) or record
            if moved.standing in ("open", "broken"):
                return replace(owed, records={**owed.records, obligation: moved})
            return _without(owed, {obligation})
    return owed


def made_good(owed: CustomerLedger, obligations: Collection[str]) -> CustomerLedger:
    """Without what of these was broken: it was done late, or nobody waits for it any more."""
    gone = {name for name in obligations if owed.broken(name) is not None}
    return _without(owed, gone) if gone else owed


def _without(owed: CustomerLedger, obligations: Collection[str]) -> CustomerLedger:
    return replace(owed, records={name: one for name, one in owed.records.items() if name not in obligations})
