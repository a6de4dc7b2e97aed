"""Say which changes of an expected time are told at once, however many there were. Pure.

Others are merged over CHURN_PAUSE and told CHURN_CAP times at most (lanes.py): a time that moves by twenty minutes to and fro
helps nobody. Whoever runs a hospital plans by each of them, and an hour changes what anybody does.
"""

from datetime import datetime, timedelta
from typing import Final

from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.customer.lanes import is_critical

LARGE: Final = timedelta(hours=1)


def is_never_held(state: Customer, told: datetime | None = None, now_expected: datetime | None = None) -> bool:
    """Whether no churn rule holds it: of critical customers nothing, and no time that lies more than an hour from the one told."""
    if state.profile is not None and is_critical(state.profile):
        return True
    return told is not None and now_expected is not None and abs(now_expected - told) > LARGE
