"""No test leans on another: what several need is in tests/kits. Which begin in a long run is said once, and they are there."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]


@cache
def imported() -> Mapping[Path, frozenset[str]]:
    """By file, the modules that it imports, `from a import b` as a.b too."""
    return {path: frozenset(_imports(path)) for path in TESTS.rglob("*.py")}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_test_imports_a_test() -> None:
    found = {
        f"{path.relative_to(TESTS)} imports {name}"
        for path, names in imported().items()
        for name in names
        if name.startswith("tests.") and name.split(".")[-1].startswith(("test_", "conftest"))
    }
    assert found == set()


def test_outagectl_is_run_by_one_kit() -> None:
    """But for the tests of its entry, and imports that must run beside each other: the kit takes one at a time."""
    found = {path.relative_to(TESTS).as_posix() for path, names in imported().items() if "outagectl.main" in names}
    entry = {"unit/outagectl/test_main.py", "deploy/test_readme.py"}
    assert found <= {"kits/ctl.py", "integration/registry/test_registry.py", *entry}


def test_the_files_with_which_a_long_run_begins_are_there_and_named_once() -> None:
    lines = (TESTS / "longest.txt").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if not line.startswith("#")]
    assert [path for path in named if not (TESTS.parent / path).is_file()] == []
    assert len(named) == len(set(named)) > 0
