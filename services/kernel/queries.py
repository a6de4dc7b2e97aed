"""Read named SQL from .sql files: `-- name: x`, one line of purpose, the statement."""

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "sql" / "queries.sql"


@cache
def queries(path: Path = HERE) -> dict[str, str]:
    """Name → statement of every query in a file.

    Raises:
        ValueError: a name stands twice.

    """
    found: dict[str, str] = {}
    for part in path.read_text(encoding="utf-8").split("-- name: ")[1:]:
        name, _, statement = part.partition("\n")
        if name.strip() in found:
            raise ValueError(f"{path.name}: query {name.strip()} stands twice; rename one")
        found[name.strip()] = statement.strip().rstrip(";")
    return found


SQL = queries()
