"""Dispatch says that an outage of the notifier's stories is another thing than it had said."""

from datetime import datetime
from typing import Any

from schemas.contracts import dispatch


def reclassified(when: datetime, outage_class: Any, mrid: str = "F1", **more: Any) -> dispatch.OutageReclassified:
    return dispatch.OutageReclassified(mrid=mrid, reclassified_at=when, outage_class=outage_class, **more)
