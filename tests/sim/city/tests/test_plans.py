"""Stories as data: the same seed is the same story, any part of it can be left out by its name, and a person can read it."""

from collections import Counter

import pytest

from tests.sim.city.breaking.topics import LOSABLE
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.draw import draw, found
from tests.sim.city.plan.plan import PAUSE_SECONDS, PROVIDER

SEEDS = range(1, 101)


def test_the_same_seed_is_the_same_story_and_another_seed_another() -> None:
    assert draw(7) == draw(7)
    assert draw(7).lines() == draw(7).lines()
    assert draw(7).lines()[1:] != draw(8).lines()[1:]


def test_every_workload_comes_in_two_hundred_stories_and_most_stories_are_small() -> None:
    plans = [draw(seed) for seed in range(1, 201)]
    often = Counter(name for plan in plans for name in plan.workloads())
    assert set(often) == set(found())
    sizes = sorted(len(plan.acts()) for plan in plans)
    assert sizes[0] > 0
    assert sizes[len(sizes) // 2] <= 14
    assert min(len(plan.attacks) for plan in plans) >= 2


def test_in_about_one_story_of_six_a_clock_is_wrong_and_attacks_come_in_order_of_time() -> None:
    blows = [list(draw(seed).blows().values()) for seed in range(1, 301)]
    assert all(one == sorted(one, key=lambda blow: blow.at) for one in blows)
    wrong = [blow for one in blows for blow in one if blow.kind == "clock-wrong"]
    assert 30 <= len(wrong) <= 70
    assert {blow.target for blow in wrong} == {"planner", "restorer", "notifier", "gateway"}
    assert {blow.steps > 0 for blow in wrong} == {True, False}
    assert all(blow.steps < 60 for blow in wrong if blow.target == "notifier")


def test_in_about_one_story_of_four_kafka_deletes_what_was_read() -> None:
    deleted = [sum(blow.kind == "retention" for blow in draw(seed).blows().values()) for seed in range(1, 301)]
    assert set(deleted) == {0, 1, 2}
    assert 50 <= sum(map(bool, deleted)) <= 100


def test_in_about_one_story_of_ten_a_topic_is_made_anew_and_its_name_leaves_it_out() -> None:
    plans = [draw(seed) for seed in range(1, 401)]
    anew = [(plan, name) for plan in plans for name, blow in plan.blows().items() if blow.kind.startswith("topic-")]
    assert 20 <= len(anew) <= 60
    blows = [plan.blows()[name] for plan, name in anew]
    assert {blow.kind for blow in blows} == {"topic-gone", "topic-replaced"}
    assert {blow.target for blow in blows} == set(LOSABLE)
    assert {blow.lasts > 0 for blow in blows if blow.kind == "topic-gone"} == {True, False}
    assert all(name not in plan.without([name]).blows() for plan, name in anew)


def test_what_is_left_out_is_gone_and_all_else_keeps_its_name() -> None:
    plan = draw(7)
    less = plan.without(["o1", "a2", "c1"]).without(["f2", PROVIDER])
    outage = plan.acts()["f1"].about
    assert "f2" not in less.acts()
    assert outage not in {act.about for act in less.acts().values()}
    assert {name: plan.acts()[name] for name in less.acts()} == less.acts()
    assert set(plan.blows()) - set(less.blows()) == {"a2"}
    assert less.people() == plan.customers[1:]
    assert (plan.wrong, less.wrong) == (0.1, 0.0)
    assert plan.without(plan.parts).acts() == {}


def test_a_name_that_a_story_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ValueError, match=r"no a99: it has \w+, .*provider, o1"):
        draw(7).without(["a99"])


def test_a_story_is_printed_as_it_goes_with_the_name_of_each_part() -> None:
    plan = draw(7)
    lines = plan.lines()
    assert lines[0] == f"story 7: {', '.join(plan.workloads())}"
    for name, what in [*plan.acts().items(), *plan.blows().items()]:
        assert sum(f" {name}  {what}" in line for line in lines) == 1
    assert not any(" a1 " in line for line in plan.without(["a1"]).lines())


def test_chapters_hold_everything_once_and_lie_apart() -> None:
    for seed in SEEDS:
        plan = draw(seed)
        chapters = plan.chapters()
        assert sum(len(one.acts) for one in chapters) == len(plan.acts())
        assert sum(len(one.attacks) for one in chapters) == len(plan.blows())
        ends = [max(one.at for one in (*chapter.acts, *chapter.attacks)) for chapter in chapters]
        assert all(after.begins - end >= PAUSE_SECONDS for end, after in zip(ends, chapters[1:], strict=False))


def test_no_two_workloads_speak_of_one_outage() -> None:
    kinds: dict[str, str] = {}
    for seed in SEEDS:
        for workload, acts in draw(seed).parts.items():
            for act in acts:
                if isinstance(act, Told):
                    kind = act.about.rpartition("-")[0]
                    assert kinds.setdefault(kind, workload) == workload, f"{workload} and {kinds[kind]} tell of {kind}"
    assert len(kinds) >= len(found())
