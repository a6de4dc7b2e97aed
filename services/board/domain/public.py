"""What may be public: everything that a page, a feed or the look-up is ever made of. An allow-list, and nothing beside it.

No customer, usage point, reporter, crew, operator, meter or inner note has a field here, so none can get onto a page. What is
hidden for other reasons (few customers, a guess at the cause, a dedicated line's own name) is hidden where these are made, by
`services/board/reading`. Instants are aware; names are as they were written, cleaned of what no reader sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

PublicClass = Literal["planned", "temporary", "fault", "emergency", "curtailment"]
OutageStatus = Literal["predicted", "confirmed", "partly-restored", "restored", "withdrawn", "joined"]
"""Being verified; off; partly back; back; there was none; it goes on as another (`joined_into`), and is counted there."""

CrewState = Literal["none", "assigned", "on-the-way", "at-work", "done"]
"""Nobody is sent yet; somebody has the work; on the road; there; finished, though power is not back."""

NoticeState = Literal["in-force", "superseded", "withdrawn", "closed"]
Outcome = Literal["carried-out", "carried-out-late", "not-carried-out"]


class Public(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Anything that may be public. Its JSON is what machines read (`services/board/feeds/listing.py`): a name never changes."""


class PublicPlaces(Public, frozen=True, kw_only=True):
    """Where, in public names."""

    areas: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    """By which lists are grouped; where nothing names one, the areas stand for it."""

    lines: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()


class PublicCount(Public, frozen=True, kw_only=True):
    """How many customers, as the public is told."""

    customers: int | None = None
    """All whom it hit. None: unknown, or too few to be named."""

    few: bool = False
    """Fewer than five: 少于5户. Lines and transformers of such a fault are hidden."""

    still_off: int | None = None
    """Of these, those without power now: where a part is back, fewer than `customers`. None: unknown, or too few to be named."""

    few_still_off: bool = False
    """Some are without power still, fewer than five."""


class SaidTime(Public, frozen=True, kw_only=True):
    """One expected time as it was told, or by when the next word comes where none was known."""

    said_at: datetime
    expected_at: datetime | None = None
    next_word_at: datetime | None = None


class PublicStep(Public, frozen=True, kw_only=True):
    """A part that has power again."""

    restored_at: datetime
    restored: PublicPlaces
    remaining: PublicPlaces


class PublicOutage(Public, frozen=True, kw_only=True):
    """One outage: open, or over for no longer than the board keeps what is past."""

    mrid: str
    outage_class: PublicClass
    status: OutageStatus
    places: PublicPlaces
    count: PublicCount = PublicCount()
    began_at: datetime | None = None
    """When power went off, or when the first report came where that is all that is known."""

    expected_at: datetime | None = None
    next_word_at: datetime | None = None
    said_times: tuple[SaidTime, ...] = ()
    """Oldest first; the last is what holds."""

    crew: CrewState = "none"
    cause: str | None = None
    """Confirmed, in public words; never a guess."""

    steps: tuple[PublicStep, ...] = ()
    restored_at: datetime | None = None
    perhaps_back_since: datetime | None = None
    """Dispatch's list lacks it, and nobody has said so: neither off nor back can be said."""

    joined_into: str | None = None
    """The outage as which it goes on."""

    notice_of: str | None = None
    """mRID of the notice that announced it."""

    changed_at: datetime
    """When anything above was last decided to be otherwise."""

    @property
    def is_open(self) -> bool:
        """Whether it is not over: power is off, in part, or said to be."""
        return self.status in ("predicted", "confirmed", "partly-restored")

    def passed(self, now: datetime) -> tuple[bool, bool]:
        """What of its words depends on when they are said: whether the time expected, and that of the next word, is past."""
        return (
            self.expected_at is not None and self.expected_at <= now,
            self.next_word_at is not None and self.next_word_at <= now,
        )


class PublicVersion(Public, frozen=True, kw_only=True):
    """One text of a notice as it was published."""

    notice_id: str
    version: int
    published_at: datetime
    starts_at: datetime
    ends_at: datetime
    places: PublicPlaces
    reason: str | None = None
    safety_cut: bool = False
    change: Literal["narrowed", "moved", "changed", "restored"] | None = None
    """How it differs from the version before; None: the first."""

    text: Mapping[str, str] = field(default_factory=dict)
    """The public text by language tag."""

    digest: str = ""
    """sha256 by which a reader can show which text it was (services.wording.notice_digest)."""


class PublicNotice(Public, frozen=True, kw_only=True):
    """The notice of one outage with all its versions, oldest first; the last is in force unless `state` says otherwise."""

    mrid: str
    outage_class: Literal["planned", "temporary", "curtailment"]
    state: NoticeState
    versions: tuple[PublicVersion, ...]
    withdrawn_at: datetime | None = None
    withdrawn_because: str | None = None
    """The planner's named reason: cancelled, no-longer-as-noticed, or withdrawn (there was none); pages put it into words."""

    explanation: str | None = None
    """Why it was withdrawn, in words said for the public. None so far: no contract says that dispatch's words on it are."""

    outcome: Outcome | None = None
    started_at: datetime | None = None
    restored_at: datetime | None = None
    end_text: Mapping[str, str] = field(default_factory=dict)
    """What was published at its end, by language tag."""

    scheme_id: str | None = None
    scheme_step: int | None = None
    changed_at: datetime

    @property
    def now(self) -> PublicVersion:
        """The last version."""
        return self.versions[-1]


class SchemeStep(Public, frozen=True, kw_only=True):
    """One step of the curtailment scheme: the lines that it may cut, and whether it is in force."""

    step: int
    lines: tuple[str, ...]
    in_force_since: datetime | None = None
    out_of_turn: bool = False
    """Ordered though a step before it was not in force."""


class PublicScheme(Public, frozen=True, kw_only=True):
    """The published curtailment scheme (有序用电方案)."""

    scheme_id: str
    title: str
    steps: tuple[SchemeStep, ...]


class StatementRow(Public, frozen=True, kw_only=True):
    """One promise's figures in a statement."""

    rule_id: str
    asks: str
    source: str
    measured: bool
    made: int = 0
    kept: int = 0
    broken: int = 0
    voided: int = 0
    open: int = 0
    corrected: int = 0
    voided_for: Mapping[str, int] = field(default_factory=dict)
    rate: float | None = None
    """Percent, rounded down; None: nothing was due, or not measured."""

    figure: float | None = None
    limit: float | None = None
    unit: str | None = None
    aggregate: str | None = None
    verdict: str | None = None
    verified: bool = True
    """Whether the rule was read at its source."""


class PublicStatement(Public, frozen=True, kw_only=True):
    """How a month's promises were kept, as it was published last."""

    statement_id: str
    month: str
    number: int
    published_at: datetime
    rows: tuple[StatementRow, ...]
    definitions: str = ""
    rate: float | None = None
    target: float | None = None
    corrects: str | None = None
    changes: tuple[tuple[str, str, float | None, float | None], ...] = ()
    """(rule, figure, was, now) against the statement that it takes the place of."""


class Board(Public, frozen=True, kw_only=True):
    """Everything that one snapshot of the board is made of."""

    as_of: datetime
    """Up to when every service knows all facts; not when this was read."""

    zone: str
    """IANA name of the utility's zone, in which its days and times are."""

    today: date
    """There, at `as_of`."""

    outages: tuple[PublicOutage, ...] = ()
    notices: tuple[PublicNotice, ...] = ()
    scheme: PublicScheme | None = None
    statements: tuple[PublicStatement, ...] = ()
    """Newest month first; of each month the one that stands."""

    counted_by: tuple[str, ...] = ("published",)
    """By which channels the public counts as told (policy)."""

    points: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    """mRID of an open outage or a notice in force → its usage points, hashed with `salt`: for the look-up by number alone."""

    salt: bytes = b""
