"""Whatever begins and ends, whoever takes and does: every cause has a task or had one done, and no task is without cause."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kits.deciders.tasks import TaskBoard

KINDS, OUTAGES, CUSTOMERS = ("nobody-reached", "fact-questioned"), ("F-1", "F-2", "F-3"), ("A", "B")
STEPS = st.one_of(
    st.tuples(st.just("begins"), st.sampled_from(KINDS), st.sampled_from(OUTAGES), st.sampled_from(CUSTOMERS)),
    st.tuples(st.just("over"), st.sampled_from(KINDS), st.sampled_from(OUTAGES), st.sampled_from(CUSTOMERS)),
    st.tuples(st.sampled_from(["take", "done"]), st.integers(0, 5), st.sampled_from(["li", "wang"])),
    st.tuples(st.just("passes"), st.integers(1, 90)),
)


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=100)
def test_every_cause_has_one_task_and_no_open_task_is_without(steps: list[tuple[object, ...]]) -> None:
    board = TaskBoard(service="planner")  # four tasks of one outage each, and then gathered ones
    for step in steps:
        _do(board, step)
        board.passes(0)
        _holds(board)
    board.causes.clear()
    board.passes(1)
    assert board.listed() == []
    assert board.known == {}


def _do(board: TaskBoard, step: tuple[object, ...]) -> None:
    match step:
        case ("begins", str(kind), str(about), str(customer)):
            if not any((one.kind, one.about, one.customer) == (kind, about, customer) for one in board.causes.values()):
                board.begins(kind, about, customer)
        case ("over", str(kind), str(about), str(customer)):
            board.is_over(kind, about, customer)
        case ("take" | "done" as what, int(number), str(by)) if number < len(board.listed()):
            board.asks(what, board.listed()[number], by, "called")
        case ("passes", int(minutes)):
            board.passes(minutes)


def _holds(board: TaskBoard) -> None:
    assert board.causes.keys() <= board.known.keys(), "a cause without a task"
    open_tasks = {one.open_task.task_id: one.open_task for one in board.concerns.values() if one.open_task is not None}
    for task_id, task in open_tasks.items():
        mine = [name for name, (_, of) in board.known.items() if of == task_id]
        assert mine, "a task without cause"
        assert task.concerned == len(mine)
        assert all(name in board.causes for name in mine)
