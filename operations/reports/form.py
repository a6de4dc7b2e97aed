"""What a report of a month or a year holds. No terminal, no HTTP: a command prints it, a page draws it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from services.reliability.indices import Indices
from services.reliability.major_days import MajorEventDays
from services.reliability.words import Spread, WordFigures

ServedFrom = Literal["network-model", "setting", "not-known"]
GroupKind = Literal["all", "class", "area", "line", "territory", "month"]
SEVERAL = "several"
"""An outage that names several lines or areas: how many customers of each it cut nobody says, so it is counted apart."""
NOWHERE = "not-named"
"""One that names none."""


class CustomersServed(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many customers are served (N_T), and how that is known."""

    customers: float | None
    """The average over the days on which it is known; None: nobody says it."""
    source: ServedFrom
    editions: tuple[str, ...] = ()
    """Editions of the network model as of the last day, "MODEL of DATE"."""
    days_known: int = 0
    days: int = 0
    unknown: int = 0
    """Transformers of the model of which nobody says how many customers they serve: they are in no sum."""


class GroupFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """The indices of one class, area, line, territory or month."""

    kind: GroupKind
    name: str
    indices: Indices
    without_major: Indices | None = None
    """Without major event days; None where none is classified."""


class DayFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """One day: what began on it."""

    day: date
    customer_minutes: float
    customers_interrupted: int
    saidi: float | None
    major: bool | None
    """None: days are not classified."""


class CallFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """Calls back after a repair, to reporters whose power was back in the period."""

    due: int
    """Without those that nobody is to call after all."""
    called: int
    """Reached, whatever they said."""
    satisfied: int
    unreached: int
    """Given up after as many calls in vain as the policy says."""
    rate: float | None
    """Called of those due; None: none was due."""


class SilentKind(Struct, frozen=True, kw_only=True, rename="camel"):
    """Silences of one kind that began in the period: customers without power who heard nothing for too long by the policy."""

    silences: int
    customers: int
    outages: int
    hours: float
    """All of them together, each from the last word, or from when power went off, until the next word; now, where there is none."""
    oldest: Spread
    """Minutes of the longest one of each outage."""


class SilenceFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the watch over silence found."""

    forgotten: SilentKind
    """Nobody had asked for a word to them."""
    held: SilentKind
    """A word was held: by a stop, an approval, a provider, missing proof, or because nobody was reached."""


class NotMeasured(Struct, frozen=True, kw_only=True, rename="camel"):
    """A figure that this report does not have, and why; never a nought in its place."""

    figure: str
    why: str


class MonthReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """Figures of supply of one month or year."""

    period: str
    start: datetime
    end: datetime
    zone: str
    as_of: datetime
    """When it was made; what is off still counts until then, or until the period is over, and whole once it is back."""
    is_over: bool
    policy: str
    policy_version: str
    sustained_minutes: float
    served: CustomersServed
    whole: GroupFigures
    by_class: tuple[GroupFigures, ...]
    by_area: tuple[GroupFigures, ...]
    by_line: tuple[GroupFigures, ...]
    by_territory: tuple[GroupFigures, ...]
    by_month: tuple[GroupFigures, ...]
    """Of a year."""
    days: tuple[DayFigures, ...]
    major: MajorEventDays
    words: WordFigures
    calls: CallFigures | None
    """None: a version without the list of calls back."""
    silence: SilenceFigures | None
    """None: a version that does not keep what the watch over silence found."""
    unresolved: int
    """Stays under other outages of which nobody knows how many customers they were: these may be counted twice."""
    not_counted: int
    """Outages that a version without these figures saw last."""
    not_measured: tuple[NotMeasured, ...]


class CountedCase(Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of the list under a figure."""

    mrid: str
    off_from: datetime | None = None
    off_until: datetime | None = None
    customers: int | None = None
    known_by: str | None = None
    customer_minutes: float | None = None
    value: float | None = None
    """What it adds to the figure, or its own figure."""
    outage_class: str | None = None
    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    note: str = ""
