"""What operators do in a story is felt: a lane that does not stand still is found, and what was set aside is judged after all."""

from typing import Any

import pytest

from services.kernel.operating import OperatorDone
from services.kernel.upkeep.review import Reviewed, Reviewer
from services.notifier.sending.recorder import SQL
from tests.sim.city.plan.asking import ask
from tests.sim.city.plan.draw import draw
from tests.sim.city.play import Ground
from tests.sim.city.workloads.operators import set_aside

pytestmark = pytest.mark.timeout(300)
BROKEN_AT_THE_REVIEW = 11009
"""A story in which the planner cannot judge Q-2 while all streams are reviewed under new rules."""
ANY_LANE = "exists (select from brake b where b.lane = w.lane)"


def stories_of(workload: str, most: int) -> list[int]:
    """The first seeds whose small stories have it."""
    plans = (draw(seed) for seed in range(1, 400))
    return [plan.seed for plan in plans if workload in plan.workloads() and len(plan.acts()) < 20][:most]


def test_a_text_that_goes_while_its_lane_stands_still_is_found(city: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ANY_LANE in SQL["claim"]
    monkeypatch.setitem(SQL, "claim", SQL["claim"].replace(ANY_LANE, "false"))
    wrong = (line for seed in stories_of("held_back", 12) for line in city.play(seed).wrong)
    assert any("text was claimed" in line and "the lane was stopped" in line for line in wrong)


def test_what_a_service_could_not_judge_is_judged_once_it_is_mended(
    city: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = []

    async def heard(*asked: Any) -> Any:
        answers.append(await ask(*asked))
        return answers[-1]

    monkeypatch.setattr(set_aside, "ask", heard)
    for seed in stories_of("set_aside", 12):
        outcome = city.play(seed)
        assert outcome.wrong == [], outcome.line()
        if answers:
            break
    assert answers
    assert all(isinstance(answer, OperatorDone) and answer.reason == "judged-again" for answer in answers)


def test_a_review_that_a_broken_version_fails_is_asked_for_again_once_that_is_mended(
    city: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, behind = list[str](), list[int]()
    look = Reviewer.behind

    async def seen(reviewer: Reviewer) -> int:
        behind.append(await look(reviewer))
        return behind[-1]

    def kept(done: Reviewed, part: Reviewed) -> Reviewed:
        failed.extend(part.failed)
        return add(done, part)

    add = Reviewed.__iadd__
    monkeypatch.setattr(Reviewer, "behind", seen)
    monkeypatch.setattr(Reviewed, "__iadd__", kept)
    outcome = city.play(BROKEN_AT_THE_REVIEW)
    assert outcome.wrong == [], outcome.line()
    assert set(failed) == {"outage/Q-2"}
    assert max(behind) > 0 == behind[-1]
