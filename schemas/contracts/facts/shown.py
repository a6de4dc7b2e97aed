"""Proof that the public could read a notice, and word of hours in which nobody could; said by who looked, not by who published."""

from typing import Annotated

from msgspec import Meta

from schemas.contracts.base import Instant, Name
from schemas.contracts.facts.fact import Fact

Channel = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=r"^[a-z][a-z0-9-]*$",
        description="Where the public reads it: board (the public page), newspaper, poster; the policy names those that count",
    ),
]
Digest = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{64}$",
        description="sha256, in small hex digits, of the words that were read: those of the notice in the form of notice_digest",
    ),
]


class NoticeShown(Fact, frozen=True, kw_only=True):
    """Somebody read a notice where the public reads it, and found these words."""

    notice_id: Name
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    channel: Channel
    digest: Digest
    shown_at: Annotated[
        Instant, Meta(description="When it was read there, or, of what is printed, when it lay before the public")
    ]
    url: (
        Annotated[str, Meta(min_length=1, max_length=500, description="The public address under which it was read")]
        | None
    ) = None


class NoticeUnreadable(Fact, frozen=True, kw_only=True):
    """A notice that is in force could not be read where the public reads it, from an instant until another."""

    notice_id: Name
    channel: Channel
    since: Annotated[Instant, Meta(description="The first look that failed")]
    until: Annotated[Instant, Meta(description="The last look that failed; how it stands since then is not said")]
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=60,
            pattern=r"^[a-z][a-z0-9-]*$",
            extra={"written_by": "people"},
            description="Named reason, in kebab-case: no-answer, http-503, not-on-the-page",
        ),
    ]

    def __post_init__(self) -> None:
        """Refuse hours that end before they begin.

        Raises:
            ValueError: they do.

        """
        super().__post_init__()
        if None not in (self.since, self.until) and self.until < self.since:
            raise ValueError(f"until {self.until.isoformat()} is before since {self.since.isoformat()}")
