"""Time is passed in: no statement and no module asks for it behind the clock's back."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("services", "schemas", "connectors", "operations", "outagectl", "demo", "devstack", "policies")
CLOCKS = {ROOT / "services" / "kernel" / name for name in ("clock.py", "warp.py")}
DATABASE_TIME = ROOT / "services" / "kernel" / "sql" / "database_time.sql"
"""The one file that asks the database, so that no deadline runs ahead of its clock (docs/adr/0021)."""

SQL_TIME = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\("
    r"|\b(?:current_timestamp|current_date|current_time|localtimestamp|localtime)\b"
    r"|'(?:now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)
SQL_WORDS = re.compile(
    r"\b(?:select|insert\s+into|update|delete\s+from|where|values|create|alter|set|default)\b", re.IGNORECASE
)
SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
BANNED = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {
        *("time", "time_ns", "monotonic", "monotonic_ns", "sleep", "localtime", "gmtime", "ctime"),
        *("clock_gettime", "clock_gettime_ns"),
    },
}


def asks_in_sql(sql: str) -> list[str]:
    """What a statement asks the database's clock."""
    return SQL_TIME.findall(SQL_COMMENT.sub(" ", sql))


def _docstrings(tree: ast.AST) -> set[int]:
    owners = (
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    firsts = (owner.body[0] for owner in owners if owner.body)
    return {id(first.value) for first in firsts if isinstance(first, ast.Expr)}


def asks_in_strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines with SQL in a string that asks the database's clock."""
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text = node.value
            if asks_in_sql(text) and (SQL_WORDS.search(text) or text.strip().endswith("()")):
                yield node.lineno, text.strip()[:80]


def asks_in_python(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines that ask the machine's clock, by whatever name the module was imported."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name: a.name for a in node.names if a.name in {"time", "datetime"}}
        elif isinstance(node, ast.ImportFrom) and node.module == "datetime":
            names |= {a.asname or a.name: a.name for a in node.names if a.name in {"datetime", "date"}}
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from ((node.lineno, f"from time import {a.name}") for a in node.names if a.name in BANNED["time"])
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            # datetime.datetime.now: the class inside the module counts as the class.
            name = owner.attr if isinstance(owner, ast.Attribute) else names.get(getattr(owner, "id", ""), "")
            if node.attr in BANNED.get(name, ()):
                yield node.lineno, f"{name}.{node.attr}"


def python_files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path not in CLOCKS)


def sql_files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.sql"))


@cache
def found_in_python() -> tuple[Sequence[str], Sequence[str]]:
    """What asks in strings and what does in code: every file is parsed once for both."""
    strings, code = [], []
    for path in python_files():
        tree, name = ast.parse(path.read_text("utf-8")), path.relative_to(ROOT)
        strings += [f"{name}:{line}: {text}" for line, text in asks_in_strings(tree)]
        code += [f"{name}:{line}: {text}" for line, text in asks_in_python(tree)]
    return strings, code


def test_there_is_something_to_look_at() -> None:
    assert any(path.name == "queries.sql" for path in sql_files())
    assert any(path.parent.name == "kernel" for path in python_files())


def test_no_sql_file_asks_the_database_for_the_time() -> None:
    found = {
        str(path.relative_to(ROOT)): hits for path in sql_files() if (hits := asks_in_sql(path.read_text("utf-8")))
    }
    assert found == {str(DATABASE_TIME.relative_to(ROOT)): ["clock_timestamp("]}, "pass the instant in as a parameter"


def test_no_sql_in_a_string_asks_the_database_for_the_time() -> None:
    found, _ = found_in_python()
    assert not found, "pass the instant in as a parameter"


def test_no_module_but_the_clock_asks_the_machine_for_the_time() -> None:
    _, found = found_in_python()
    assert not found, "take a Clock as an argument"


@pytest.mark.parametrize(
    "sql",
    [
        "select now()",
        "update t set at = NOW ( )",
        "insert into t values (current_timestamp)",
        "at timestamptz default clock_timestamp()",
        "where at < localtime",
        "select 'now'::timestamptz",
    ],
)
def test_a_statement_that_asks_is_found_in_a_file_and_in_a_string(sql: str) -> None:
    assert asks_in_sql(sql)
    assert list(asks_in_strings(ast.parse(f"QUERY = f'''{sql} {{x}}'''")))


@pytest.mark.parametrize(
    "sql", ["select snow(), nowhere", "-- not now()\nselect 1", "select now_at from t", "/* now() */"]
)
def test_a_statement_that_only_sounds_like_it_is_left_alone(sql: str) -> None:
    assert not asks_in_sql(sql)


def test_words_about_time_outside_sql_are_left_alone() -> None:
    assert not list(asks_in_strings(ast.parse('"""A docstring: select now()."""\nSAY = "call now (95598)"\n')))


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime as d\nd.datetime.now()",
        "from datetime import datetime as dt\ndt.utcnow()",
        "from datetime import date\ndate.today()",
        "import time as t\nt.monotonic_ns()",
        "from time import time\ntime()",
        "from datetime import datetime\nstamp = datetime.now",
    ],
)
def test_a_module_that_asks_is_found_by_whatever_name(source: str) -> None:
    assert list(asks_in_python(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    ["clock.now()", "import time\ntime.perf_counter()", "from datetime import datetime\ndatetime.fromisoformat(x)"],
)
def test_a_module_that_uses_the_clock_it_was_given_is_left_alone(source: str) -> None:
    assert not list(asks_in_python(ast.parse(source)))
