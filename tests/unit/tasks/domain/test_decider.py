"""The life of a task: opened once per cause and outage, raised, one person's at a time, done or of no use any more."""

from datetime import timedelta

from services.policy.duty import TaskTimes
from services.tasks.domain.decider import ServiceTasks
from services.tasks.domain.state import TaskRecord
from tests.kits.deciders.tasks import TaskBoard

HOSPITAL, FACTORY = 2, 3


def unreached(*customers: str, urgency: int = HOSPITAL) -> TaskBoard:
    """Nobody could be told of outage F-1."""
    board = TaskBoard()
    board.begins("nobody-reached", "F-1", *customers or ("hospital",), urgency=urgency)
    board.look()
    return board


def only(board: TaskBoard) -> TaskRecord:
    (task,) = board.listed()
    return task


def names(task: TaskRecord) -> list[str | None]:
    return [one.customer_id for one in task.whom]


def test_a_task_says_why_by_when_and_whom_it_concerns() -> None:
    board = unreached()
    task = only(board)
    assert (task.reason, task.urgency, names(task)) == ("nobody-reached", HOSPITAL, ["hospital"])
    assert task.due_at - task.opened_at == timedelta(minutes=10)
    assert board.said == ["task.opened"]


def test_three_hundred_customers_of_one_outage_are_one_task_that_names_the_most_urgent() -> None:
    board = unreached(*(f"shop-{number}" for number in range(300)), urgency=5)
    board.begins("nobody-reached", "F-1", "ventilator", urgency=1)
    board.look()
    task = only(board)
    assert (task.concerned, len(task.whom), names(task)[0]) == (301, 50, "ventilator")
    assert task.due_at - board.now == timedelta(minutes=5), "a ventilator waits for no hour"
    assert board.said == ["task.opened", "task.changed"]


def test_a_look_at_what_has_not_changed_says_nothing() -> None:
    board = unreached()
    for _ in range(5):
        board.passes(1)
    assert board.said == ["task.opened"]


def test_the_cause_gone_the_task_is_gone_whether_somebody_has_it_or_not() -> None:
    board = unreached("hospital", "clinic")
    board.asks("take", only(board), "li")
    board.is_over("nobody-reached", "F-1", "clinic")
    board.passes(1)
    assert names(only(board)) == ["hospital"]
    board.is_over("nobody-reached", "F-1")
    board.passes(1)
    assert board.listed() == []
    assert board.said[-1] == "task.expired"
    assert board.known == {}


def test_what_comes_again_after_that_is_another_task() -> None:
    board = unreached()
    first = only(board)
    board.is_over("nobody-reached", "F-1")
    board.passes(1)
    board.begins("nobody-reached", "F-1", "hospital", urgency=HOSPITAL)
    board.passes(1)
    assert only(board).task_id != first.task_id


def test_what_nobody_takes_is_raised_again_and_ever_more_rarely() -> None:
    board = unreached()
    board.passes(9)
    assert only(board).raised == 0
    board.passes(1)
    assert (only(board).raised, board.said) == (1, ["task.opened", "task.raised"])
    board.passes(19)
    assert only(board).raised == 1
    board.passes(1)
    assert only(board).raised == 2
    for _ in range(24 * 60):
        board.passes(1)
    assert board.said.count("task.raised") < 10, "who does not come within a day is not woken by the hundredth call"


def test_of_two_operators_one_has_it_and_the_other_is_told_who() -> None:
    board = unreached()
    assert board.asks("take", only(board), "li").reason == "taken"
    second = board.asks("take", only(board), "wang")
    assert (second.reason, second.events) == ("taken-by-another", ())
    assert second.detail == "li has it since 2026-03-05T04:00:00Z"
    assert board.asks("done", only(board), "wang", "called").reason == "taken-by-another"
    assert board.asks("take", only(board), "li").reason == "yours-already"
    assert only(board).by == "li"


def test_whoever_took_it_and_lets_the_time_pass_can_be_relieved() -> None:
    board = unreached()
    board.asks("take", only(board), "li")
    board.passes(30)
    assert only(board).raised == 0, "somebody is at it"
    board.passes(31)
    assert board.said[-1] == "task.raised"
    assert board.asks("take", only(board), "wang").reason == "taken-over"
    assert only(board).by == "wang"
    assert board.asks("done", only(board), "li", "called them").reason == "taken-by-another"


def test_done_it_stays_done_though_its_cause_stands_and_only_what_is_new_opens_another() -> None:
    board = unreached()
    task = only(board)
    assert board.asks("done", task, "li", "called the night desk").reason == "done"
    board.passes(60)
    assert board.listed() == [], "they were called; that no text reaches them is no news"
    board.begins("nobody-reached", "F-1", "clinic", urgency=HOSPITAL)
    board.passes(1)
    assert names(only(board)) == ["clinic"]


def test_done_and_gone_and_come_again_is_another_task() -> None:
    board = unreached()
    board.asks("done", only(board), "li", "called")
    board.is_over("nobody-reached", "F-1")
    board.passes(1)
    board.begins("nobody-reached", "F-1", "hospital", urgency=HOSPITAL)
    board.passes(1)
    assert names(only(board)) == ["hospital"]


def test_what_is_over_cannot_be_taken_and_it_is_said_how_it_ended() -> None:
    board = unreached()
    task = only(board)
    board.asks("done", task, "li", "called")
    late = board.asks("take", task, "wang")
    assert (late.reason, late.detail) == ("task-is-over", "it ended at 2026-03-05T04:00:00Z by li: done")


def test_a_ventilator_in_a_storm_is_seen_first_and_everything_is_on_the_list() -> None:
    board = TaskBoard()
    for number in range(2_000):
        board.begins("nobody-reached", f"F-{number}", f"shop-{number}", urgency=5)
    board.look()
    board.begins("nobody-reached", "F-late", "ventilator", urgency=1)
    board.passes(1)
    tasks = board.listed()
    assert len(tasks) <= 40
    assert names(tasks[0]) == ["ventilator"]
    assert sum(task.concerned for task in tasks) == 2_001


def test_by_another_policy_tasks_are_taken_sooner_and_raised_at_its_pace() -> None:
    times = TaskTimes(
        life_support=timedelta(minutes=1), special=timedelta(minutes=2), doublings=0, doing=timedelta(minutes=7)
    )
    board = TaskBoard(decider=ServiceTasks(times))
    board.begins("nobody-reached", "F-1", "hospital", urgency=HOSPITAL)
    board.look()
    for raised in (1, 2, 3):
        board.passes(2)
        assert only(board).raised == raised
    board.begins("nobody-reached", "F-1", "ventilator", urgency=1)
    board.look()
    assert only(board).due_at - board.now == timedelta(minutes=1)
    board.asks("take", only(board), "li")
    assert only(board).due_at - board.now == timedelta(minutes=7)


def test_a_task_of_before_the_policy_changed_keeps_its_time_until_it_is_raised() -> None:
    board = unreached()
    board.decider = ServiceTasks(TaskTimes(special=timedelta(minutes=5)))
    board.passes(6)
    assert only(board).raised == 0
    board.passes(4)
    assert (only(board).raised, only(board).due_at - board.now) == (1, timedelta(minutes=10))
