"""Say what belongs to each time without power: its report, its cause cleared, its crew; steps, end or withdrawal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, CrewStatus
from services.plausibility import ARRIVED
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.events import ClaimByModel
from services.restorer.domain.state import SupplyState


@dataclass(frozen=True, slots=True)
class RestorationStep:
    """A part got power back; `remaining` is what had none after it: no place named means not known, never none.

    `but`: what of `remaining` has power, by the network model: a transformer on a line that is still named.
    """

    at: Moment
    restored: Extent
    remaining: Extent
    but: Extent = Extent()  # noqa: RUF009 - frozen
    by_model: ClaimByModel | None = None


@dataclass(slots=True)
class Episode:
    """One time without power. A reopened outage has several; only a reopening gives `began`."""

    number: int
    began: Moment | None = None
    steps: list[RestorationStep] = field(default_factory=list)
    ended: Moment | None = None
    how: str | None = None
    reported: Moment | None = None
    known: Moment | None = None
    """Since when dispatch knew of it without anybody's report: its start, confirmed, or its reopening."""
    dispatched: Moment | None = None
    """When a crew was first sent, or was seen to be further than that."""
    cleared: Moment | None = None
    arrived: Moment | None = None
    last: tuple[Extent, Extent] = (Extent(), Extent())
    """What its end gave power to: the places that were still named, and what of them had power before."""
    by_model: ClaimByModel | None = None
    """What the network model says of its end."""
    withdrawn: Moment | None = None
    """Dispatch says that there was none: whatever else is known of it, it is over, and counts nowhere."""

    @property
    def over(self) -> Moment | None:
        """When it ended, by whatever."""
        return self.withdrawn or self.ended


def earliest(moments: Iterable[Moment]) -> Moment | None:
    """The first of them; None of none."""
    return min(moments, default=None)


def date(
    state: SupplyState, episodes: Sequence[Episode], *, own: Moment | None = None, confirmed: Moment | None = None
) -> None:
    """Give each episode its report, its cause cleared and its crew, each by the instants in the facts.

    A report belongs to the episode that it comes before the end of; a reopening counts as one, for a customer's word
    stands behind it, wherever the outage was reported at all.

    :param own: the start, where the utility itself cut power: if that was a fault in truth, nobody had to report it.
    :param confirmed: the start, where dispatch says that power is off and does not only predict it.
    """
    clearings = [
        Moment(cleared.cleared_at, cause)
        for cleared, cause in state.of(CauseCleared)
        if state.counts(cleared, cleared.cleared_at)
    ]
    crews = [
        (crew.crew_status, Moment(crew.at, cause))
        for crew, cause in state.of(CrewStatus)
        if state.counts(crew, crew.at)
    ]
    # A crew that has finished has been there: where its arrival was never said, that is the latest it can be.
    arrivals = [moment for status, moment in crews if status in ARRIVED]
    sent = [moment for status, moment in crews if status != "awaitingCrewAssignment"]
    for index, episode in enumerate(episodes):
        last = episodes[index - 1].over if index else None
        following = episodes[index + 1].began if index + 1 < len(episodes) else None

        def within(moment: Moment, since: Moment | None, following: Moment | None = following) -> bool:
            return (since is None or moment.at >= since.at) and (following is None or moment.at < following.at)

        report = state.reports.after(last)
        said = [report] if report is not None and (episode.ended is None or report.at <= episode.ended.at) else []
        if episode.began is not None and (state.reports.count or own is not None):
            said.append(episode.began)
        elif index == 0 and own is not None:
            said.append(own)
        episode.reported = earliest(said)
        episode.cleared = earliest(m for m in clearings if within(m, episode.began))
        since = episode.reported if episode.began is not None else None
        episode.arrived = earliest(m for m in arrivals if within(m, since or episode.began))
        episode.known = episode.began or (confirmed if index == 0 else None)
        episode.dispatched = earliest(m for m in sent if within(m, since or episode.began))
