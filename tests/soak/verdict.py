"""Say what grows though the work is steady: beyond its bound, or by design and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.soak.by_design import reason
from tests.soak.judging import Growth, Series, TooShort, growth


@dataclass
class Verdict:
    """`by_design`: what rose beyond its bound and may, with the reason; `unjudged`: what was looked at too seldom."""

    judged: int = 0
    grew: list[Growth] = field(default_factory=list)
    by_design: list[tuple[Growth, str]] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing grows without bound, and that could be told of everything."""
        return not (self.grew or self.unjudged)

    def lines(self) -> list[str]:
        """For a person."""
        told = [f"grows by design: {one} - {why}" for one, why in self.by_design]
        told += [f"NOT JUDGED: {one}" for one in self.unjudged]
        told += [f"GROWS WITHOUT BOUND: {one}" for one in self.grew]
        return [
            *told,
            f"{self.judged} figures judged: {len(self.by_design)} grow by design, {len(self.grew)} without bound",
        ]


def judge(series: Sequence[Series]) -> Verdict:
    """All series of one run."""
    verdict = Verdict()
    for one in series:
        try:
            trend = growth(one)
        except TooShort as why_not:
            verdict.unjudged.append(str(why_not))
            continue
        verdict.judged += 1
        if trend.without_bound:
            why = reason(one.what, one.figure)
            if why is None:
                verdict.grew.append(trend)
            else:
                verdict.by_design.append((trend, why))
    return verdict
