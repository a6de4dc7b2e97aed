"""Current outages under ODIN's field names (Oak Ridge's outage data initiative, as its public feed has them).

Its estimated time is a JSON-encoded string within the JSON; so is ours, for whoever reads theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from services.board.domain.public import PublicOutage
from services.board.feeds.naming import host_of, zulu_or_none
from services.board.feeds.words import FeedWords
from services.board.utility import Utility

TYPE: Final = "application/json"
PATH: Final = "/api/v1/odin.json"
STATUS: Final = {"predicted": "ESTIMATED"}
CAUSES: Final = {"planned": "PLANNED", "temporary": "PLANNED"}


def odin(outages: Iterable[PublicOutage], utility: Utility, words: FeedWords) -> bytes:
    """One record an outage."""
    return msgspec.json.encode({"results": [_record(one, utility, words) for one in outages]})


def _record(outage: PublicOutage, utility: Utility, words: FeedWords) -> dict[str, Any]:
    expected = zulu_or_none(outage.expected_at)
    count = outage.count
    return {
        "id": outage.mrid,
        "utility_id": host_of(utility),
        "name": utility.named(words.language),
        "communitydescriptor": words.where(outage.places),
        "county": next(iter(outage.places.districts), None),
        "metersaffected": count.still_off if count.still_off is not None else count.customers,
        "reportedstarttime": zulu_or_none(outage.began_at),
        "estimatedrestorationtime": msgspec.json.encode({"ert": expected}).decode() if expected else None,
        "incident_cause": outage.cause or CAUSES.get(outage.outage_class, "UNPLANNED"),
        "statuskind": STATUS.get(outage.status, "VERIFIED"),
    }
