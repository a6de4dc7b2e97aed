"""What belongs together lies together, and nobody has to scroll: a folder holds twelve modules at most, a file 400 lines.

A folder that grows over it is cut by what its modules are about, into rooms whose names a newcomer guesses (ADR 19).
"""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {"build", "data", "node_modules"}
MOST_MODULES = 12
MOST_LINES = 400
UNCOUNTED = {"__init__.py", "__main__.py", "conftest.py"}
"""Every folder may have them; they are no more to choose from."""
TOPS = sorted(
    folder for folder in ROOT.iterdir() if folder.is_dir() and folder.name[0] != "." and folder.name not in NOT_OURS
)


def modules(top: Path) -> list[Path]:
    return [path for path in top.rglob("*.py") if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)]


def crowded(paths: list[Path]) -> dict[str, int]:
    """Folders of more modules than one sees at a glance, with how many."""
    beside = Counter(path.parent.as_posix() for path in paths if path.name not in UNCOUNTED)
    return {folder: count for folder, count in beside.items() if count > MOST_MODULES}


@pytest.mark.parametrize("top", TOPS, ids=lambda top: top.name)
def test_no_folder_has_more_modules_than_one_sees_at_a_glance(top: Path) -> None:
    assert crowded([path.relative_to(ROOT) for path in modules(top)]) == {}


@pytest.mark.parametrize("top", TOPS, ids=lambda top: top.name)
def test_no_file_is_longer_than_one_reads_in_one_go(top: Path) -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(top)}
    assert {path.as_posix(): length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_all_that_is_ours_was_looked_at() -> None:
    assert {"services", "schemas", "operations", "outagectl", "connectors", "tests"} <= {top.name for top in TOPS}
    assert len(modules(ROOT / "services")) > MOST_MODULES


def test_the_thirteenth_module_of_a_folder_is_one_too_many() -> None:
    room = [Path("room", name) for name in ("__init__.py", "conftest.py", *(f"m{n}.py" for n in range(12)))]
    assert crowded([*room, Path("room/inner/m.py")]) == {}
    assert crowded([*room, Path("room/m12.py")]) == {"room": 13}
