"""Tasks: what a person must do."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from schemas.contracts.duty import tasks
from services.kernel.model import Message
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.silence.first_held import first_held
from services.tasks.actions import TASK_ACTIONS
from services.tasks.domain.decider import ServiceTasks
from services.tasks.domain.state import Concern
from services.tasks.domain.words import TASK_STRUCTS
from services.tasks.looking_after import look_after_tasks
from services.tasks.promise_alarms import PromiseAlarms
from services.tasks.tables import TaskRows, read_task

if TYPE_CHECKING:
    from services.kernel.running.runner import Process


class TaskStreams(StreamKind):
    """Streams task/<concern>, as every service has them (services/tasks)."""

    category = "task"
    publishes: ClassVar = {tasks.TOPIC: tasks.TYPES}
    structs = TASK_STRUCTS
    actions = TASK_ACTIONS

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        super().__init__(policy, calendar)
        self.projections = (TaskRows(), PromiseAlarms(first_held))

    def decider(self) -> ServiceTasks:
        """Opened, raised, taken, done, expired."""
        return ServiceTasks(self.policy.settings.tasks)

    async def facts(self, connection: Any, stream_id: str, state: Concern, message: Message) -> Any:
        """The rows of the tasks that a word is about."""
        del stream_id, state
        return await read_task(connection, message)

    def work(self, process: Process) -> Iterable[Coroutine[Any, Any, Any]]:
        """Open, raise and expire them, and count them."""
        yield look_after_tasks(process)
