"""A queue that grows past what it may hold is named, with its highest count."""

from tests.sim.judging.queues import AT_MOST, Queues


def test_the_highest_count_of_a_queue_is_what_counts() -> None:
    queues, most = Queues(), AT_MOST["outbox"]
    for count in (1, most, 0):
        queues.see("outbox of planner", count)
    queues.see("tasks of notifier-1", AT_MOST["tasks"])
    assert queues.too_long() == []
    queues.see("outbox of planner", most + 1)
    queues.see("outbox of planner", 0)
    assert queues.too_long() == [f"outbox of planner: {most + 1}, and at most {most} are allowed"]
