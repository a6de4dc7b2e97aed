"""A queue that grows past what it may hold is named, with its highest count."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.sim.judging.queues import AT_MOST, LOOPS, Queues


def test_the_highest_count_of_a_queue_is_what_counts() -> None:
    queues, most = Queues(), AT_MOST["outbox"]
    for count in (1, most, 0):
        queues.see("outbox of planner", count)
    queues.see("tasks of notifier-1", AT_MOST["tasks"])
    assert queues.too_long() == []
    queues.see("outbox of planner", most + 1)
    queues.see("outbox of planner", 0)
    assert queues.too_long() == [f"outbox of planner: {most + 1}, and at most {most} are allowed"]


def test_in_a_storm_more_waits_for_kafka_and_no_more_texts_are_in_hand() -> None:
    queues = Queues(96)
    queues.see("outbox of notifier", 384)
    assert queues.too_long() == []
    queues.see("outbox of notifier", 385)
    queues.see("texts in hand", AT_MOST["texts in hand"] + 1)
    assert [line.partition(":")[0] for line in queues.too_long()] == ["outbox of notifier", "texts in hand"]


def test_what_a_service_publishes_again_waits_beside_what_it_has_to_say() -> None:
    queues, most = Queues(), AT_MOST["outbox"] + 100
    queues.see("outbox of notifier", most)
    assert queues.too_long({"notifier": 100}) == []
    assert queues.too_long({"notifier": 99, "planner": 100}) != []


def test_each_fact_of_a_story_may_be_a_request_that_waits_for_kafka_and_of_no_other_process() -> None:
    queues, most = Queues(41), LOOPS + 2 * 41
    queues.see("tasks of gateway", most)
    queues.see("tasks of planner", AT_MOST["tasks"])
    assert queues.too_long() == []
    queues.see("tasks of gateway", most + 1)
    queues.see("tasks of planner", AT_MOST["tasks"] + 1)
    assert [line.partition(":")[0] for line in queues.too_long()] == ["tasks of gateway", "tasks of planner"]


@pytest.mark.parametrize(
    ("queue", "kind"),
    [("tasks of notifier-1", "tasks"), ("outbox of restorer", "outbox"), ("texts in hand", "texts in hand")],
)
def test_each_kind_of_queue_has_its_bound(queue: str, kind: str) -> None:
    queues = Queues()
    queues.see(queue, AT_MOST[kind])
    assert queues.too_long() == []
    queues.see(queue, AT_MOST[kind] + 1)
    assert queues.too_long() == [f"{queue}: {AT_MOST[kind] + 1}, and at most {AT_MOST[kind]} are allowed"]


def test_tasks_are_counted_of_each_process_that_lives() -> None:
    many = AT_MOST["tasks"] + 1
    names = [("planner", True, 3), ("notifier", True, many), ("restorer", False, many), ("world", True, many)]
    nodes: list[Any] = [SimpleNamespace(name=name, alive=alive, tasks=tasks) for name, alive, tasks in names]
    queues = Queues()
    queues.see_tasks(nodes)
    assert queues.highest == {"tasks of planner": 3, "tasks of notifier": many}
    assert [line.partition(":")[0] for line in queues.too_long()] == ["tasks of notifier"]
