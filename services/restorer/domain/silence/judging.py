"""Judge the silence of one customer whose power is off: nothing to say, held, or forgotten. Pure.

It goes by what the notifier said on its topic, and by nothing that the notifier would have to say of a silence: of whom it never
spoke there is no word at all, and that is what the watch is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.restorer.domain.silence.customers import OffOutage

SilenceState = Literal["nothing-to-say", "held", "forgotten"]
NOTICES: Final = frozenset({"planned-notice", "temporary-notice", "moved", "cancelled"})
"""Triggers of texts about work that is to come: they say nothing of power that is off now, but where the work is this outage."""
WORDS: Final = frozenset({"first-word", "next-word", "restored-word"})
"""Obligations of the notifier that end with a word."""
BACK: Final = "restored"
"""Trigger of texts after which nothing is off for their reader."""
HELD_BACK: Final = frozenset(
    {
        "talked-enough",
        "handset-full",
        "handset-spent",
        "opted-out",
        "send-refused",
        "supply-said-to-be-back",
        "supply-perhaps-back",
    }
)
"""Reasons for which a text is dropped though there is something to say: the notifier waits, or a person has it."""
SPOKEN: Final = frozenset({"call", "reply", "portal"})
"""Ways in which customers say themselves that they know."""


@dataclass(frozen=True, slots=True)
class WatchedText:
    """One text to the customer, as outage.messages has it. Instants are None where that was not said."""

    mrids: frozenset[str]
    trigger: str
    requested_at: datetime
    not_before: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_for: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Asked for, and neither taken by a provider nor given up."""
        return self.accepted_at is None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class OwedWord:
    """A word that the customer was promised and did not get yet, or too late."""

    obligation: str
    due_at: datetime
    standing: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerHeard:
    """What is known of a customer whom outages hold. `noticed_until`: the end of the work that they were told of beforehand."""

    holders: Sequence[OffOutage]
    texts: Sequence[WatchedText] = ()
    owed: Sequence[OwedWord] = ()
    confirmed_at: datetime | None = None
    noticed_until: datetime | None = None
    unreached: tuple[datetime, str] | None = None
    """When it was last said that no text reaches them, and why."""
    is_partly: bool = False
    """One of their supplies is lost, and they have power."""
    in_doubt: str | None = None
    """Why a fact about one of the outages is told to nobody until it is clear."""

    def concerning(self) -> Iterable[WatchedText]:
        """The texts that say something of their supply, or of one of the outages."""
        mrids = {one.mrid for one in self.holders}
        return (one for one in self.texts if one.trigger not in NOTICES or one.mrids & mrids)


@dataclass(frozen=True, slots=True)
class Silence:
    """A customer who heard nothing for longer than the policy allows: since when, how that is to be taken, and why."""

    state: SilenceState
    reason: str
    since: datetime
    mrids: tuple[str, ...]


def judge(heard: CustomerHeard, within: timedelta, now: datetime) -> Silence | None:
    """The silence of a customer at `now`; None while the policy's time is not over, or no outage holds them.

    Reasons by name. Nothing to say: `waits-for-its-time` (a text lies ready), `<obligation>-promised` (that word is due later),
    `as-noticed`, `one-supply-is-left` (they know, and have power). Held: `text-waits` (asked for, and no provider has taken it),
    `perhaps-restored`, `unreached: <why>`, `<obligation>-late`, `dropped: <why>`. Forgotten: `never-asked`, `not-asked-since`,
    `dropped: <why>`.
    """
    if not heard.holders:
        return None
    since = _since(heard, now)
    if now - since < within:
        return None
    state, reason = _how(heard, since, now)
    return Silence(state, reason, since, tuple(one.mrid for one in heard.holders))


def _since(heard: CustomerHeard, now: datetime) -> datetime:
    """From when on they heard nothing: power went off, the last word came, or the work that they know of ought to be over."""
    known = [min(one.began for one in heard.holders)]
    known += [one.accepted_at for one in heard.concerning() if one.accepted_at is not None]
    known += [at for at in (heard.confirmed_at, heard.noticed_until) if at is not None and at <= now]
    return max(known)


def _how(heard: CustomerHeard, since: datetime, now: datetime) -> tuple[SilenceState, str]:
    texts = list(heard.concerning())
    waiting = [one for one in texts if one.is_waiting]
    if waiting:
        ready = all(one.not_before > now for one in waiting)
        return ("nothing-to-say", "waits-for-its-time") if ready else ("held", "text-waits")
    owed = [one for one in heard.owed if one.obligation in WORDS]
    if ahead := [one for one in owed if one.standing == "open" and one.due_at > now]:
        return "nothing-to-say", f"{min(ahead, key=_by_due).obligation}-promised"
    if heard.noticed_until is not None and heard.noticed_until > now:
        return "nothing-to-say", "as-noticed"
    if heard.is_partly and _last_trigger(texts) not in (None, BACK):
        return "nothing-to-say", "one-supply-is-left"
    if heard.in_doubt is not None:
        return "held", heard.in_doubt
    if heard.unreached is not None and heard.unreached[0] >= since:
        return "held", f"unreached: {heard.unreached[1]}"
    if late := [one for one in owed if one.standing == "open" or one.due_at >= since]:
        return "held", f"{max(late, key=_by_due).obligation}-late"
    return _forgotten(texts, since)


def _by_due(word: OwedWord) -> tuple[datetime, str]:
    """By when it is due, then by name: the order in which words are read says nothing."""
    return word.due_at, word.obligation


def _last_trigger(texts: Sequence[WatchedText]) -> str | None:
    """What the last text that a provider took was about; None where there was none."""
    taken = [(one.accepted_at, one.trigger) for one in texts if one.accepted_at is not None]
    return max(taken)[1] if taken else None


def _forgotten(texts: Sequence[WatchedText], since: datetime) -> tuple[SilenceState, str]:
    dropped = [
        (one.ended_at, one.ended_for or "") for one in texts if one.ended_at is not None and one.ended_at >= since
    ]
    if dropped:
        _, why = max(dropped)
        return ("held" if why in HELD_BACK else "forgotten"), f"dropped: {why}"
    return "forgotten", "not-asked-since" if texts else "never-asked"
