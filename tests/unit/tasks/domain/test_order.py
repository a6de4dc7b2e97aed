"""What people do first: life support before hospitals before factories; what was raised; the nearest due; and what waits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.policy.duty import TASK_TIMES, TaskTimes
from services.tasks.domain.kinds import MANAGER_INFORMED, TO_DO, UNKNOWN, to_do
from services.tasks.domain.order import (
    MOST_OWN,
    ListedTask,
    concern_of,
    do_by,
    is_gathered,
    rank,
    take_by,
)
from tests.kits.deciders.tasks import BEGIN

NEAR, FAR = BEGIN, BEGIN + timedelta(hours=1)


def test_life_support_comes_before_a_hospital_before_a_factory_whatever_is_due_first() -> None:
    listed = [
        ListedTask(3, 0, False, NEAR, "factory"),
        ListedTask(2, 0, False, NEAR, "hospital"),
        ListedTask(1, 0, False, FAR, "ventilator"),
    ]
    assert [one.task_id for one in sorted(listed, key=rank)] == ["ventilator", "hospital", "factory"]


def test_of_equals_what_was_raised_comes_first_then_the_nearest_due_and_what_somebody_has_last() -> None:
    listed = [
        ListedTask(1, 0, True, NEAR, "somebody has it"),
        ListedTask(2, 0, False, FAR, "due later"),
        ListedTask(2, 0, False, NEAR, "due soon"),
        ListedTask(2, 1, False, FAR, "raised"),
    ]
    ordered = [one.task_id for one in sorted(listed, key=rank)]
    assert ordered == ["raised", "due soon", "due later", "somebody has it"]


@given(st.integers(1, 6), st.integers(0, 50))
def test_a_more_urgent_task_is_never_due_later_and_each_call_is_no_sooner_than_the_one_before(
    urgency: int, raised: int
) -> None:
    assert take_by(urgency, BEGIN, raised) <= take_by(urgency + 1, BEGIN, raised)
    assert take_by(urgency, BEGIN, raised) <= take_by(urgency, BEGIN, raised + 1)
    assert take_by(urgency, BEGIN) < do_by(urgency, BEGIN)


def test_how_soon_a_task_is_taken_and_how_long_whoever_took_it_has_is_the_policys_to_say() -> None:
    times = TaskTimes(special=timedelta(minutes=3), look=timedelta(hours=8), doublings=1, doing=timedelta(minutes=20))
    assert take_by(2, BEGIN, times=times) - BEGIN == timedelta(minutes=3)
    assert [take_by(2, BEGIN, raised, times) - BEGIN for raised in (1, 2, 9)] == [timedelta(minutes=6)] * 3
    assert do_by(2, BEGIN, times) - BEGIN == timedelta(minutes=20)
    assert do_by(6, BEGIN, times) - BEGIN == timedelta(hours=48), "six times what it may wait"


def test_an_urgency_that_a_later_version_has_is_looked_at() -> None:
    assert take_by(9, BEGIN) == take_by(0, BEGIN) == BEGIN + TASK_TIMES.look


@given(
    st.sampled_from(sorted(MOST_OWN)),
    st.lists(st.tuples(st.sampled_from(sorted(TO_DO)), st.integers(0, 5_000), st.integers(1, 6)), max_size=300),
)
def test_however_many_outages_there_are_a_service_has_as_many_tasks_as_people_can_look_through(
    service: str, causes: list[tuple[str, int, int]]
) -> None:
    standing: set[str] = set()
    for kind, outage, urgency in causes:
        standing.add(concern_of(service, kind, f"F-{outage}", urgency, standing))
    assert sum(not is_gathered(one) for one in standing) <= MOST_OWN[service]
    assert sum(map(is_gathered, standing)) <= 2 * len(TO_DO)


def test_all_services_together_show_a_hundred_tasks_at_most() -> None:
    kinds = {"notifier": 9, "restorer": 5, "planner": 1}
    assert sum(MOST_OWN[name] + 2 * number for name, number in kinds.items()) <= 100


def test_beyond_that_a_ventilator_is_not_hidden_behind_a_long_list_of_others() -> None:
    full = {f"notifier/nobody-reached/F-{number}" for number in range(MOST_OWN["notifier"])}
    ventilator = concern_of("notifier", "nobody-reached", "F-900", 1, full)
    shop = concern_of("notifier", "nobody-reached", "F-901", 5, full)
    assert ventilator != shop
    assert is_gathered(ventilator)
    assert concern_of("notifier", "nobody-reached", "F-3", 5, full) == "notifier/nobody-reached/F-3", "it has its own"


def test_every_kind_says_what_to_do_in_both_languages_in_one_sentence_that_fits_a_screen() -> None:
    for kind, sentences in TO_DO.items():
        assert sentences.keys() == {"en", "zh-CN"}, kind
        assert all(len(sentence) <= 130 for sentence in sentences.values()), kind
    assert to_do("a-kind-of-next-year") == UNKNOWN


def test_what_account_managers_only_have_to_know_of_is_one_task_however_few_the_outages() -> None:
    assert concern_of("notifier", MANAGER_INFORMED, "F1", 6, []) == "notifier/account-manager-informed/*many-others"
