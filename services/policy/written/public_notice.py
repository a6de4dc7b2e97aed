"""The [settings.public_notice] of a regime file: what the promise to tell the public rests on, and how a page is watched."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from services.policy.model import PUBLISHED, PublicNoticePolicy
from services.policy.written.table import Duration, Written, Wrong, given

_CHANNEL: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""As the contract has it (schemas/contracts/facts/shown.py)."""
_REMEDY: Final = 'write counted_by = ["board"], or ["published"] where no channel says what it shows'


class PublicTold(Written):
    """Which channels count, and how long it may be that nobody knows whether the public can read a notice."""

    counted_by: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)] | UnsetType = UNSET
    proof_holds: Duration | UnsetType = UNSET
    proof_late: Duration | UnsetType = UNSET
    unread_most: Duration | UnsetType = UNSET
    shown_within: Duration | UnsetType = UNSET

    @classmethod
    def complaint(cls, key: str, value: Any) -> tuple[str, str]:
        """Channels are a list of names."""
        if key != "counted_by":
            return super().complaint(key, value)
        return f"{value!r} is not a list of one to eight channels", _REMEDY

    def policy(self) -> PublicNoticePolicy:
        """What is written, with the product's own where nothing is."""
        return PublicNoticePolicy(**given(self))

    def __post_init__(self) -> None:
        """A channel is a name; what is published is shown by nobody, so it stands alone; nobody looks all the time.

        Raises:
            Wrong: it is not so.

        """
        policy = self.policy()
        strange = next((one for one in policy.counted_by if not _CHANNEL.fullmatch(one)), None)
        if strange is not None:
            raise Wrong("counted_by", f"{strange!r} is no name of a channel", _REMEDY)
        if len({*policy.counted_by}) < len(policy.counted_by):
            raise Wrong("counted_by", "a channel is named twice", "name each once")
        if PUBLISHED in policy.counted_by and len(policy.counted_by) > 1:
            raise Wrong("counted_by", '"published" stands beside a channel, which it would make needless', _REMEDY)
        for key in ("proof_holds", "shown_within"):
            if getattr(policy, key) < timedelta(minutes=1):
                raise Wrong(key, "nobody looks as often", 'write "1 minute" or more')
