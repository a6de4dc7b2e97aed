"""Hold each promise against the rules under which it had to be made: those in force then, and today's once all was reviewed.

Which version a promise was made under is in its event. Whether that one was in force is known from when each process began and
under what; where its deadline lies under it is worked out from the facts (`owed.py`, `noticed.py`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseMade, PromiseVoided
from tests.sim.judging.promises.figures import Figures, Under
from tests.sim.judging.promises.noticed import KEY
from tests.sim.judging.promises.owed import Owed
from tests.sim.judging.storms import short
from tests.sim.judging.words import Told

MOVED: Final = frozenset({"calendar-changed", "rule-changed"})
Sure = Callable[[str, datetime], bool]
"""Whether a service wrote down an instant by a clock that was right."""


@dataclass(frozen=True, slots=True)
class Version:
    """Rules that processes which begin from `since` on go by; `policy`, `calendar`: the versions that events cite."""

    figures: Figures
    policy: str
    calendar: str
    since: datetime
    through: dict[str, datetime] = field(default_factory=dict)
    """By service, when the review under these rules came through."""


@dataclass(slots=True)
class History:
    """Every version there was, the first one first, and under which each worker began: its service, its name, when."""

    versions: list[Version]
    began: list[tuple[str, str, datetime, Version]] = field(default_factory=list)

    @property
    def newest(self) -> Version:
        """Today's."""
        return self.versions[-1]

    def cited(self, rule: RuleRef) -> Version | None:
        """That under which a promise says it was made; None: there never was such a one."""
        named = (rule.policy_version, rule.calendar_version)
        return next((one for one in self.versions if (one.policy, one.calendar) == named), None)

    def in_force(self, service: str, at: datetime) -> list[Version]:
        """Under which a service may have decided then: those of its workers, and of a review, which goes by the newest."""
        workers = {worker: version for name, worker, since, version in self.began if name == service and since <= at}
        return [*workers.values(), *[one for one in self.versions if one.since <= at][-1:]]

    def always(self, *_: object) -> Figures:
        """Today's figures, for whatever was ever promised."""
        return self.newest.figures

    def under(self, published: Iterable[Told]) -> Under:
        """What was promised last of a case names the figures for it; where nothing was, today's are asked."""
        named = {_case(one): self.cited(_made(one).rule) or self.newest for one in published}
        return lambda mrid, rule, since: named.get((mrid, rule, since), self.newest).figures


def misruled(
    service: str,
    published: Sequence[Told],
    history: History,
    today: tuple[Iterable[Owed], Collection[str]],
    sure: Sure,
    settled: datetime,
) -> Iterator[str]:
    """Promises under rules that were not in force, or not under today's though they were open when all was reviewed.

    `today`: what would be due if today's rules had always held, and the mRIDs of which that is not known; `settled`: when
    whatever followed from the last review was done.
    """
    due_today = {(due.mrid, due.rule, due.due) for due in today[0]}
    cases: dict[tuple[str, str, datetime], list[Told]] = {}
    for one in published:
        cases.setdefault(_case(one), []).append(one)
        cited = history.cited(_made(one).rule)
        if cited is None:
            yield f"promise {one.name} is made under rules that never were: {_made(one).rule}"
        elif not _lawful(service, one, cited, history, sure):
            yield f"promise {one.name} was made {short(one.made.at)} under rules {cited.figures.name!r}, not in force then"
    for (mrid, rule, _), mine in cases.items():
        for one, following in zip(mine, [*mine[1:], None], strict=True):
            yield from _needless(one, following)
        last = _made(mine[-1])
        stands = history.cited(last.rule) is history.newest or _over(service, mine[-1], sure, settled)
        if not stands and mrid not in today[1] and (mrid, rule, last.due_at) not in due_today:
            yield f"promise {mine[-1].name} is due {short(last.due_at)} by rules of before, and was open when all was reviewed"


def _over(service: str, one: Told, sure: Sure, settled: datetime) -> bool:
    """Whether it had its verdict by then, or binds nobody: what it is measured from may be another instant since."""
    first = one.first
    return first is not None and (
        first.at <= settled or not sure(service, first.at) or isinstance(first.said, PromiseVoided)
    )


def _lawful(service: str, one: Told, cited: Version, history: History, sure: Sure) -> bool:
    made = _made(one)
    if made.rule.rule_id == KEY:
        # The planner counts what the notifier promises: when the notice was published, and once more in each review since.
        reviewed = made.measured_from <= cited.since and (cited.since <= one.made.at or not sure(service, one.made.at))
        return (
            reviewed
            or not sure("planner", made.measured_from)
            or cited in history.in_force("planner", made.measured_from)
        )
    return not sure(service, one.made.at) or cited in history.in_force(service, one.made.at)


def _needless(one: Told, following: Told | None) -> Iterator[str]:
    """Of a promise that was ended because the rules changed: another has its place, and falls due at another time."""
    said = one.first.said if one.first is not None else None
    if isinstance(said, PromiseVoided) and said.reason in MOVED:
        if following is None:
            yield f"promise {one.name} was ended for {said.reason}, and none has its place"
        elif _made(following).due_at == _made(one).due_at:
            yield f"promise {one.name} was ended for {said.reason}, and its deadline did not move"


def _case(one: Told) -> tuple[str, str, datetime]:
    made = _made(one)
    return made.mrid or made.complaint_id or "", made.rule.rule_id, made.measured_from


def _made(one: Told) -> PromiseMade:
    made: PromiseMade = one.made.said
    return made
