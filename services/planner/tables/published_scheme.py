"""Keep the published curtailment scheme where the public board reads it: it is a file of the planner's, and of nobody else."""

from pathlib import Path
from typing import Any

import msgspec

from services.kernel.queries import queries
from services.planner.domain.field.curtailment_scheme import Scheme

SQL = queries(Path(__file__).parents[1] / "sql" / "scheme.sql")


async def publish_scheme(connection: Any, scheme: Scheme | None) -> None:
    """Put the scheme that this planner was started with, or take away one that is published no more. At each start."""
    if scheme is None:
        await connection.execute(SQL["forget_scheme"])
        return
    steps = [list(scheme.steps[number]) for number in sorted(scheme.steps)]
    await connection.execute(SQL["put_scheme"], scheme.id, scheme.title, msgspec.json.encode(steps).decode())
