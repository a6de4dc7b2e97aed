"""Facts that the kernel's tests state about the kettle, and one column of the tables that follow."""

import asyncpg

from schemas.contracts.dispatch import CauseCleared, EnquiryReceived
from services.kernel.model import Message
from tests.kits.kernel.toy import START


def cleared(mrid: str = "o1") -> CauseCleared:
    return CauseCleared(mrid=mrid, cleared_at=START)


def enquiry(mrid: str = "o1", subject: str | None = None) -> EnquiryReceived:
    return EnquiryReceived(mrid=mrid, enquiry_id="e", received_at=START, subject=subject)


async def column(pool: asyncpg.Pool, sql: str) -> list[object]:
    return [row[0] for row in await pool.fetch(sql)]


def word(id_: str, subject: str | None = None) -> Message:
    """Something the service says to itself."""
    data = enquiry(subject=subject)
    return Message("/outage/toy/within", id_, "enquiry.received.v1", START, data, "o1", 0, stream="outage/o1")
