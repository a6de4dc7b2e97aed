"""Remember what was said of a restoration's evidence: where it is denied, what was asked, what was answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from schemas.contracts.restorations import FactAccepted, FactRefused, MetersRead, RestorationChecked
from services.places.names import forms
from services.plausibility import EXPLAINED, METER_SAYS_OFF, METERS_SAY_ON, STILL_OFF

DENIALS: Final = frozenset({METER_SAYS_OFF, STILL_OFF})
"""Reasons to ask whether power is back."""
ASKED: Final = DENIALS | {METERS_SAY_ON}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was said. `points`: usage points at which power is denied to be back, as they are written, by their normal names."""

    number: int = 0
    episode: int = 1
    """Which time without power it is about; of another all but `number` begins anew."""
    points: Mapping[str, str] = field(default_factory=dict)
    meters: MetersRead | None = None
    proven: bool = False
    refuted: frozenset[str] = frozenset()
    """Points at which dispatch says that power is back, whatever their meters say."""
    heard_until: datetime | None = None
    """Customers' words up to then are answered."""
    rounds: int = 0
    """How often somebody answered a question: the next has another name."""
    asked: int = 0
    """How many points were denied when it was asked last."""
    granted: bool = False
    """Dispatch says that power is off there: it is not asked again."""

    def of(self, episode: int) -> Checked:
        """What holds in an episode."""
        return self if episode == self.episode else Checked(number=self.number, episode=episode, points=self.points)

    def say(self, word: RestorationChecked) -> Checked:
        """After a word on it."""
        named = word.denied.usage_points
        return replace(
            self.of(word.episode),
            number=word.number,
            points=dict(zip(forms(named), named, strict=True)),
            meters=word.meters,
            proven=word.proven,
            granted=self.granted and bool(named or not self.points),
        )

    def ask(self) -> Checked:
        """After a question on it was put."""
        return replace(self, asked=max(1, len(self.points)))

    def answer(self, answer: FactAccepted | FactRefused) -> Checked:
        """After an answer: that power is off; that it is back all the same; or what explained it."""
        known = replace(self, asked=0, granted=False)
        if isinstance(answer, FactAccepted) and answer.reason == EXPLAINED:
            return known  # in whatever order facts came: the question has the same name when it is put again
        known = replace(known, rounds=known.rounds + 1)
        if isinstance(answer, FactRefused):
            return replace(known, refuted=known.refuted | frozenset(known.points), heard_until=answer.at)
        return replace(known, granted=True)
