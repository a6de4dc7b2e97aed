"""What it means that a server is away is said in one place: a loop with a list of its own dies of what that list forgot."""

from pathlib import Path

ROOT = Path(__file__).parents[4]
MAY = {"services/kernel/adapters/away.py"}
"""Where the list is."""


def test_nobody_has_a_list_of_its_own_of_what_being_away_looks_like() -> None:
    own = {
        str(path.relative_to(ROOT))
        for folder in ("services", "operations", "outagectl", "demo", "connectors")
        for path in (ROOT / folder).rglob("*.py")
        if "asyncpg.InterfaceError" in path.read_text(encoding="utf-8")
    }
    assert own == MAY, "use services.kernel.adapters.away.DATABASE"
