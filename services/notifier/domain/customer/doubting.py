"""Whether an outage's word for one customer can be so: judged against the same instant as the fact behind it. Pure.

The facts were sifted where they were taken; what a log of a former release took unsifted is caught here.
"""

import msgspec

from schemas.contracts.audience import CustomerTouched
from services.plausibility import Figures


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
