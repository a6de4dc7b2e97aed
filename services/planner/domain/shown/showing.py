"""What is known of how the public reads one notice: proofs by channel, hours told as unreadable, other words. Pure.

A proof is an instant at which somebody read the very words. How long one speaks for is a figure of the policy, so it is not kept
here: `unread` works it out. Proofs and hours may come in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.planner.domain.shown.spans import Span, Spans, inside, joined, without
from services.policy.model import PublicNoticePolicy

LOOKED_AT: Final = "board"
"""The channel that is looked at again and again: of others one proof is all there is."""


@dataclass(frozen=True, slots=True)
class PublicProof:
    """When the notice was read, and the fact that says so, as evidence is cited."""

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Showing:
    """All of one notice. `first`: the earliest proof of each channel; `read`: when the board was read, ascending."""

    first: Mapping[str, PublicProof] = field(default_factory=dict)
    read: tuple[datetime, ...] = ()
    unreadable: Spans = ()
    """Of the board, as it was told, joined."""
    other_words: Mapping[str, PublicProof] = field(default_factory=dict)
    """By channel, when it last showed other words than the notice has."""
    last: Mapping[str, datetime] = field(default_factory=dict)
    """By channel, when it last showed the right ones."""

    def proof(self, channels: frozenset[str] | tuple[str, ...]) -> PublicProof | None:
        """The earliest proof by any of these."""
        found = (proof for channel, proof in self.first.items() if channel in channels)
        return min(found, key=lambda proof: (proof.at, proof.cause), default=None)

    def shown(self, fact: NoticeShown, cause: str) -> Showing:
        """This after one more proof."""
        proof, before = PublicProof(fact.shown_at, cause), self.first.get(fact.channel)
        first = self.first
        if before is None or (proof.at, proof.cause) < (before.at, before.cause):
            first = {**first, fact.channel: proof}
        read = self.read
        if fact.channel == LOOKED_AT:
            read = tuple(sorted({*read, proof.at})) if read and proof.at <= read[-1] else (*read, proof.at)
        last = max(proof.at, self.last.get(fact.channel, proof.at))
        return replace(self, first=first, read=read, last={**self.last, fact.channel: last})

    def shown_otherwise(self, fact: NoticeShown, cause: str) -> Showing:
        """This after other words than the notice has were read."""
        before = self.other_words.get(fact.channel)
        if before is not None and (before.at, before.cause) >= (fact.shown_at, cause):
            return self
        return replace(self, other_words={**self.other_words, fact.channel: PublicProof(fact.shown_at, cause)})

    def gone(self, fact: NoticeUnreadable) -> Showing:
        """This after hours in which the board could not be read."""
        return replace(self, unreadable=joined([*self.unreadable, (fact.since, fact.until)]))

    def otherwise(self, channels: frozenset[str]) -> PublicProof | None:
        """Since when, at the latest, one of these channels shows other words; None where each has shown the right ones since."""
        found = [
            proof
            for channel, proof in self.other_words.items()
            if channel in channels and (channel not in self.last or self.last[channel] < proof.at)
        ]
        return max(found, key=lambda proof: (proof.at, proof.cause), default=None)

    def is_news(self, fact: NoticeShown, figures: PublicNoticePolicy) -> bool:
        """Whether a proof says more than those that are known: looks come more often than they must, and twice."""
        if fact.channel not in self.first or fact.shown_at < self.first[fact.channel].at:
            return True
        if fact.channel != LOOKED_AT:
            return self.otherwise(frozenset({fact.channel})) is not None and fact.shown_at > self.last[fact.channel]
        near = figures.proof_holds / 4
        after = max((since for since, _ in self.unreadable), default=None)
        known = [at for at in self.read if abs(at - fact.shown_at) < near]
        broken = after is not None and any(at < after <= fact.shown_at for at in known)
        return not known or broken or self.otherwise(frozenset({LOOKED_AT})) is not None

    def covered(self, figures: PublicNoticePolicy) -> Spans:
        """When the board could be read, by its proofs: each speaks for a while, and the next may be a little late."""
        return joined(((at, at + figures.proof_holds) for at in self.read), figures.proof_late)

    def unread(self, whole: Span, figures: PublicNoticePolicy) -> Spans:
        """When it could not be read within `whole`, or nobody knows that it could."""
        return joined([*without(whole, self.covered(figures)), *inside(self.unreadable, whole)])


NOTHING: Final = Showing()
