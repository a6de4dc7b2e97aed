"""Judge whether what is said about one customer can be so, by its dates: words of outages, of the registry, and receipts. Pure.

The facts behind an outage's word were sifted where they were taken; what a log of a former release took unsifted is caught
here, against the same instant.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.receipts import ReceiptReceived
from services.plausibility import Figures

CLOCK_AHEAD = timedelta(minutes=10)
"""As for facts (policies, plausibility): a registry's clock may be this far ahead."""


def believed(word: CustomerTouched, figures: Figures) -> CustomerTouched | None:
    """The word without expected times that nobody can mean; None where it speaks of a time that had not come.

    Topics are not in step: a word may tell of more than the fact that led to it, whose record is older than the rest. What
    was told by the time of the decision had been heard by then.
    """
    if word.recorded_at is None:
        return word
    heard = max(word.recorded_at, word.at)
    latest = heard + figures.ahead_most
    if any(at is not None and at > latest for at in (word.started_at, word.restored_at)):
        return None
    furthest = heard + figures.ert_ahead
    far = {
        name: None
        for name, at in (("ert", word.ert), ("next_update_at", word.next_update_at))
        if at is not None and at > furthest
    }
    return msgspec.structs.replace(word, **far) if far else word


def dated(data: Any, recorded_at: datetime) -> Any:
    """What was told, dated as it may be: the registry's words `no_later`, a receipt by when the broker had it.

    The gateway hands a receipt to the broker as it comes. Its own clock counts for nothing: one that is behind would have texts
    arrive before they were asked for, and one that is ahead would have them late.
    """
    if isinstance(data, ReceiptReceived):
        return msgspec.structs.replace(data, received_at=recorded_at)
    return no_later(data, recorded_at)


def no_later(data: Any, recorded_at: datetime) -> Any:
    """A word of the registry dated no later than its record and `CLOCK_AHEAD`: a date of 2199 would shut out all after it.

    `recorded_at`: when the broker had it; for what is in the log, when it was decided, which is later still.
    """
    limit = recorded_at + CLOCK_AHEAD
    if isinstance(data, CustomerErased) and data.erased_at > limit:
        return msgspec.structs.replace(data, erased_at=limit)
    if isinstance(data, CustomerUpserted) and data.updated_at > limit:
        return msgspec.structs.replace(data, updated_at=limit)
    return data
