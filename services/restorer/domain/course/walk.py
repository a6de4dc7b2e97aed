"""Go through what happened to one outage in the order of its instants: what is off, what is back, what is not believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import SupplyRestored
from services.places import extents
from services.places.extents import says_nothing
from services.places.topology import NetworkPart
from services.plausibility import RESTORED_BEFORE
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.places import JudgedClaim, PlacesOff
from services.restorer.domain.episodes import Episode, RestorationStep
from services.restorer.domain.events import ClaimByModel, SupplyJoins
from services.restorer.domain.state import SupplyState, digest

ALL_RESTORED = "all-restored"
STEPS_COMPLETE = "steps-complete"
NOT_IN_OUTAGE = "points-not-in-outage"
DENIED = "refused-by-dispatch"


class RefusedRestoration(NamedTuple):
    """A claim of restored power that the other facts contradict."""

    claim: Moment
    reason: str
    contradicted_by: tuple[str, ...]


class DoubtfulPlaces(NamedTuple):
    """A claim that does not fit where the outage is: `strange` places are not of it, or of it `unnamed` points are not listed."""

    claim: SupplyRestored
    cause: str
    strange: Extent
    unnamed: int = 0


class SupplyMark(NamedTuple):
    """What had no power from an instant on; after a restoration step, or where another outage joined.

    :ivar at: None for what was off from the beginning.
    """

    at: datetime | None
    episode: int
    remaining: Extent
    but: Extent
    step: RestorationStep | None = None
    joined: SupplyJoins | None = None


@dataclass(slots=True)
class Walk:
    """Where the walk has come to. `network`: places are sets of its elements; without one, what was judged by it before counts."""

    extent: Extent
    remaining: Extent
    episodes: list[Episode]
    known: SupplyState
    network: NetworkPart | None = None
    refusals: list[RefusedRestoration] = field(default_factory=list)
    doubtful: list[DoubtfulPlaces] = field(default_factory=list)
    judged: dict[str, JudgedClaim] = field(default_factory=dict)
    """What the network says of claims, by their names (claim_name)."""
    marks: list[SupplyMark] = field(default_factory=list)
    """What was off at any time, by the instants at which it changed."""
    _marked: tuple[int, int, int, int] = (0, 0, 0, 0)
    _inside: list[Extent] = field(default_factory=list)
    """Parts back since the extent was last said, as far as the network knows them to be of it."""
    _places: PlacesOff | None = None

    @property
    def episode(self) -> Episode:
        """The present one."""
        return self.episodes[-1]

    @property
    def out(self) -> bool:
        """Whether power is off."""
        return self.episode.over is None

    @property
    def but(self) -> Extent:
        """What of the places that remain has power: it was said to be back, and lies in them by the network."""
        return extents.minus(extents.union(self._inside), self.extent) if self._inside else Extent()

    def mark(self, at: datetime | None, fact: object = None) -> None:
        """Note what is off from an instant on, where it is not what it was; `fact`: what moved it."""
        joined = fact if isinstance(fact, SupplyJoins) else None
        steps, number = self.episode.steps, self.episode.number
        present = (number, id(self.remaining), len(self._inside), len(steps))
        if present == self._marked or (not self.out and joined is None):
            return
        stepped = len(steps) > (self._marked[3] if self._marked[0] == number else 0)
        self._marked = present
        self.marks.append(SupplyMark(at, number, self.remaining, self.but, steps[-1] if stepped else None, joined))

    def reword(self, said: Extent) -> None:
        """A new word on the extent. Points restored before it and named again are out again."""
        self.extent = extents.follow(self.extent, said)
        if not self.out:
            return
        if says_nothing(said):
            self.remaining = extents.follow(self.remaining, said)
        else:
            self._off(self.extent)

    def _off(self, extent: Extent) -> None:
        self.remaining, self._inside, self._places = extent, [], None

    def reopen(self, at: Moment, said: Extent | None = None) -> None:
        """Power is off again; where it is off anyway this says no more than that no part is back."""
        if not self.out:
            self.episodes.append(Episode(self.episode.number + 1, began=at))
        # Off again where a part was back: which part is not said, so nobody is told that theirs still is.
        self._off(self.extent)
        if said is not None:
            self.reword(said)

    def join(self, other: SupplyJoins, at: Moment) -> None:
        """Another outage turns out to be this one: it lies where both lay, and what was off of either is off."""
        self.extent = extents.union([self.extent, other.extent])
        if not other.dark:
            return
        if self.episode.withdrawn is not None:
            self.episodes.append(Episode(self.episode.number + 1, began=at))
        elif self.episode.ended is not None:
            self._go_on(self.episode, self.episode.ended, other.remaining)
        self.remaining = extents.union([self.remaining, other.remaining])
        if not says_nothing(other.remaining_but):
            self._inside.append(other.remaining_but)
        self._places = None

    def _go_on(self, episode: Episode, ended: Moment, left: Extent) -> None:
        """What was all of it by then was a part."""
        restored, _ = episode.last
        episode.steps.append(RestorationStep(ended, restored, left, Extent(), episode.by_model))
        episode.ended = episode.how = episode.by_model = None

    def restore(self, claim: SupplyRestored, at: Moment, began: Moment | None, *, believed: bool) -> None:
        """Power is said to be back: refused when contradicted, an end, or a step."""
        if not believed:
            before = began is not None and claim.restored_at < began.at
            self.refuse(at, RESTORED_BEFORE if before else DENIED, (began.cause,) if began is not None else ())
        elif claim.test_energisation:
            self.refuse(at, "test-energisation", (at.cause,))
        elif not self.out:
            return
        elif claim.scope == "all":
            self._all(claim, at)
        else:
            self._part(claim, at)

    def _all(self, claim: SupplyRestored, at: Moment) -> None:
        places = self._known_places(at)
        remembered = None if places is not None else self._remembered(claim, at)
        left = places.not_covered(claim.extent) if places else extents.not_covered(claim.extent, self.remaining)
        if left and remembered is None:
            self.refuse(at, "steps-incomplete", left)
            return
        judged = remembered if places is None else self._judged(places.all_back(claim_name(claim), claim.extent))
        if judged is not None and judged.unnamed and claim.confirms is None:
            self.doubtful.append(DoubtfulPlaces(claim, at.cause, Extent(), judged.unnamed))
        self.end(at, ALL_RESTORED, judged)

    def _part(self, claim: SupplyRestored, at: Moment) -> None:
        """A part is back; the outage ends when nothing remains of all that is known to be out."""
        restored = claim.extent
        if says_nothing(restored):
            self.refuse(at, "part-not-named", ())
        elif says_nothing(self.extent):
            # Nobody knows how far it reaches, so nobody knows what is left: that it is all is not concluded.
            self.episode.steps.append(RestorationStep(at, restored, Extent()))
        elif places := self._known_places(at):
            stood_by = claim.confirms is not None
            self._by_model(claim, at, self._judged(places.part_back(claim_name(claim), restored, stood_by=stood_by)))
        elif (remembered := self._remembered(claim, at)) is not None:
            self._by_model(claim, at, remembered)
        else:
            self._by_names(claim, at)

    def _by_model(self, claim: SupplyRestored, at: Moment, judged: ClaimByModel) -> None:
        if judged.outcome == "outside":
            self._outside(claim, at)
        elif judged.outcome != "known":
            strange = judged.outside or Extent()
            if not says_nothing(strange) and claim.confirms is None:
                self.doubtful.append(DoubtfulPlaces(claim, at.cause, strange))
            left = extents.minus(self.remaining, claim.extent)
            if judged.outcome == "whole":
                self.end(at, STEPS_COMPLETE, judged)
                return
            self.remaining = left if judged.covered is None else extents.minus(left, judged.covered)
            self._inside.append(extents.minus(claim.extent, strange))
            self.episode.steps.append(RestorationStep(at, claim.extent, self.remaining, self.but, judged))

    def _by_names(self, claim: SupplyRestored, at: Moment) -> None:
        if says_nothing(extents.common(self.remaining, claim.extent)):
            if not says_nothing(extents.common(self.extent, claim.extent)):
                return
            if claim.confirms is None:
                self._outside(claim, at)
                return
        self.remaining = extents.minus(self.remaining, claim.extent)
        if says_nothing(self.remaining):
            self.end(at, STEPS_COMPLETE)
        else:
            self.episode.steps.append(RestorationStep(at, claim.extent, self.remaining))

    def _outside(self, claim: SupplyRestored, at: Moment) -> None:
        self.refuse(at, NOT_IN_OUTAGE, extents.all_names(claim.extent))
        self.doubtful.append(DoubtfulPlaces(claim, at.cause, claim.extent))

    def _known_places(self, at: Moment) -> PlacesOff | None:
        """The places by the network; None where there is none, it knows nothing of them, or what was said by then is closed."""
        if self.network is None or self._is_closed(at):
            return None
        if self._places is None:
            self._places = PlacesOff(self.network, self.remaining)
            for back in self._inside:
                # Where another outage joined, what had power of either has it still.
                self._places.part_back("", back, stood_by=True)
        return self._places if self._places.known else None

    def _judged(self, found: JudgedClaim) -> ClaimByModel:
        self.judged[found.word.claim] = found
        return found.word

    def _remembered(self, claim: SupplyRestored, at: Moment) -> ClaimByModel | None:
        known = self.known.by_model
        if not known or not (self.network is None or self._is_closed(at)):
            return None
        word = known.get(claim_name(claim))
        if word is not None and self.network is not None:
            self.judged[word.claim] = JudgedClaim(word, frozenset())
        return word

    def _is_closed(self, at: Moment) -> bool:
        """Whether the outage was closed on what was said by then: what its places meant is not kept beyond that."""
        return any(at.at <= closing.restored_at for closing in self.known.closings)

    def withdraw(self, at: Moment) -> None:
        """There was no outage: nothing that was said before was one."""
        for episode in self.episodes:
            episode.withdrawn = at
        self.remaining = Extent()

    def end(self, at: Moment, how: str, judged: ClaimByModel | None = None) -> None:
        """All is back."""
        self.episode.ended, self.episode.how, self.episode.by_model = at, how, judged
        self.episode.last = (self.remaining, self.but)
        self.remaining = Extent()

    def refuse(self, at: Moment, reason: str, contradicted_by: tuple[str, ...]) -> None:
        """A claim that is not believed."""
        self.refusals.append(RefusedRestoration(at, reason, contradicted_by))


def claim_name(claim: SupplyRestored) -> str:
    """Tells claims apart by their content, whoever sent them under what id."""
    return digest(claim).hex()
