"""What operators do in a story is felt: a lane that does not stand still is found, and what was set aside is judged after all."""

from dataclasses import replace
from typing import Any

import pytest

from services.kernel.operating import OperatorDone
from services.kernel.upkeep.review import Reviewed, Reviewer
from services.notifier.sending.recorder import SQL
from tests.sim.city import play
from tests.sim.city.plan.asking import ask
from tests.sim.city.plan.draw import draw
from tests.sim.city.plan.plan import Plan
from tests.sim.city.play import Ground
from tests.sim.city.workloads.operators import set_aside
from tests.sim.city.workloads.operators.rules import NewRules
from tests.sim.city.workloads.operators.set_aside import Stumbled

pytestmark = pytest.mark.timeout(300)
ANY_LANE = "exists (select from brake b where b.lane = w.lane)"


def stories_of(workload: str, most: int) -> list[int]:
    """The first seeds whose small stories have it."""
    plans = (draw(seed) for seed in range(1, 400))
    return [plan.seed for plan in plans if workload in plan.workloads() and len(plan.acts()) < 20][:most]


def broken_at_the_review(seed: int) -> Plan:
    """The seed's story, in which a service cannot judge one stream while all are reviewed under new rules."""
    plan = draw(seed)
    told = [replace(act, lasts=30.0) if isinstance(act, Stumbled) else act for act in plan.parts["set_aside"]]
    begins = min(act.at for act in told if isinstance(act, Stumbled))
    return replace(plan, parts={**plan.parts, "set_aside": tuple(told), "rules": (NewRules(begins + 1),)})


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
    monkeypatch.setattr(play, "draw", broken_at_the_review)
    for seed in stories_of("set_aside", 12):
        outcome = city.play(seed)
        assert outcome.wrong == [], outcome.line()
        if failed:
            break
    assert len(set(failed)) == 1
    assert max(behind) > 0 == behind[-1]
