"""Look after the tasks of a service beside its other work: until cancelled."""

import asyncio

from services.kernel.running.runner import Process
from services.tasks.gauge import TaskGauge
from services.tasks.worker import TaskWorker


async def look_after_tasks(process: Process) -> None:
    """Open, raise and expire tasks, and count them."""
    async with asyncio.TaskGroup() as group:
        group.create_task(TaskWorker(process.ingest, process.pool, process.clock).run())
        group.create_task(TaskGauge(process.pool, process.telemetry.registry).run())
