"""Find the tests of each injection by reading their files: by marker, and by the number in their names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
NUMBERED = re.compile(r"test_(\d\d)_")


@dataclass(frozen=True, slots=True)
class NumberedTest:
    """One test function: whose number its marker says, and its name."""

    number: int | None
    name: str
    path: Path
    line: int

    @property
    def where(self) -> str:
        """File and line, from the project's root."""
        return f"{self.path.relative_to(TESTS.parent).as_posix()}:{self.line}"

    @property
    def named(self) -> int | None:
        """The number in its name."""
        found = NUMBERED.match(self.name)
        return int(found[1]) if found else None


def numbered_tests() -> list[NumberedTest]:
    """Every test that has a number by its marker; of those that lie here also by its name."""
    return [test for path in sorted(TESTS.rglob("test_*.py")) for test in _in(path)]


def _in(path: Path) -> Iterator[NumberedTest]:
    source = path.read_text(encoding="utf-8")
    here = path.is_relative_to(TESTS / "injections")
    if "mark.injection" not in source and not here:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            test = NumberedTest(_marked(node), node.name, path, node.lineno)
            if test.number is not None or (here and test.named is not None):
                yield test


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int | None:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.injection":
            (given,) = decorator.args
            return int(ast.literal_eval(given))
    return None
