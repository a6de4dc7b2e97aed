"""When the public could first read each notice, by what a board really read there: the referee's own record, not what was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas.contracts.notices import Notice
from services.wording.notice_digest import notice_digest


@dataclass(frozen=True, slots=True)
class PageRead:
    """A board read a notice at `at`: in its very words, or in others. `said`: when Kafka had what it said of that."""

    notice_id: str
    at: datetime
    right: bool
    said: datetime
    digest: str | None = None
    """Of these words, where a database may go back: a notice that is published again after that says when, and so has others."""


def first_read(reads: Iterable[PageRead], notice: Notice) -> datetime | None:
    """When the very words of a notice were first read; None: never."""
    mine = (one for one in reads if one.right and one.notice_id == notice.notice_id)
    return min((one.at for one in mine if one.digest in (None, notice_digest(notice))), default=None)


def said_after(reads: Iterable[PageRead], notice_id: str, until: datetime) -> bool:
    """Whether of a notice something was read before an instant and said only after it."""
    return any(one.notice_id == notice_id and one.at <= until < one.said for one in reads)
