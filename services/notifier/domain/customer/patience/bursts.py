"""Let facts that come together be told in one text: a text of news waits for a moment, counted from the first of them. Pure.

Dispatch says that power is off, some seconds later until when, then where. Without this each is a text, and of twenty sites on
one telephone each is twenty. Nothing that is critical waits, and no word that a clock calls for: it was promised, or is late.
An end has settled already, and a notice is what was published; they wait only as long as it takes for those of other sites to be
asked for.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.customers import CustomerUpserted
from services.notifier.domain.customer.conversation import DueText, RequestedText
from services.notifier.domain.customer.lanes import is_critical
from services.notifier.domain.customer.talk_limits import STEADY_AGAIN
from services.policy.model import Telling

SETTLED: Final = timedelta(seconds=5)
BY_THE_CLOCK: Final = frozenset(
    {
        "next-word-promised",
        "told-time-has-passed",
        "said-to-be-back-and-not-proven",
        "nobody-says-whether-it-is-back",
        STEADY_AGAIN,
    }
)
"""Reasons of words that no fact brought about."""


def gathered(
    saying: DueText,
    profile: CustomerUpserted,
    thread: Sequence[RequestedText],
    stale: Sequence[RequestedText],
    now: datetime,
    telling: Telling,
) -> DueText:
    """The text, not before its burst is over. `thread`: texts of its thread; `stale`: those under way whose place it takes."""
    if is_critical(profile) or saying.reason in BY_THE_CLOCK or not telling.group_wait:
        return saying
    if any(text.meant.says == saying.says and text.state == "undelivered" for text in thread):
        return saying  # it has waited once, and goes to somebody else now, or again
    wait = telling.group_wait if saying.believes in ("out", "supply-lost") else min(telling.group_wait, SETTLED)
    until = min((now + wait, *(text.said_at for text in stale)))
    return replace(saying, earliest=max(saying.earliest or until, until)) if until > now else saying
