"""Judge a list from which too many outages are gone at once: it may be true, and it may be a source that broke. Pure.

A source that fails often answers with a valid list of nothing, or with its first page alone. Taken at its word, a whole
city would hear within the hour that its power is back. So such a list restores nobody until it names the outages
again, or a person says that it is true, or it has gone on naming some others for long enough.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from connectors.feeds.state import FeedSettings, ListedOutage, VanishedOutages

CAME_BACK = "vanished-came-back"
BELIEVED_IN_TIME = "vanished-believed-in-time"


def vanished(
    outages: Mapping[str, ListedOutage], listed: Collection[str], at: datetime, settings: FeedSettings
) -> VanishedOutages | None:
    """The question that a good list raises, beside all outages known before it.

    Only what the list before still named counts, and of that what is gone before its time: work that was expected to be
    over by now may be.
    """
    before = [name for name, known in outages.items() if known.restored_at is None and known.missing_since is None]
    gone = [name for name in before if name not in listed]
    early = [name for name in gone if (ert := outages[name].ert_listed) is None or ert > at]
    if len(early) < settings.vanished_least or len(early) < settings.vanished_share * len(before):
        return None
    return VanishedOutages(since=at, before=len(before), listed=len(listed), names=tuple(gone))


def settled(question: VanishedOutages, listed: Collection[str], at: datetime, settings: FeedSettings) -> str | None:
    """How a later good list settles the question, as a reason to be counted; None while it stands."""
    still = [name for name in question.names if name not in listed]
    if len(still) < settings.vanished_share * len(question.names):
        return CAME_BACK
    if listed and at - question.since >= settings.vanished_span:
        return BELIEVED_IN_TIME
    return None
