"""Whoever words an event names its fields: a field asked for by a string would be None on the screen once it is renamed."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[4]
ROOMS = (
    "outagectl/words",
    "outagectl/commands/explain",
    "outagectl/commands/show",
    "outagectl/commands/watch",
    "outagectl/commands/duty",
    "demo/logbook",
    "demo/feed/book.py",
    "demo/city/tables.py",
    "demo/city/book.py",
    "operations/lookup",
)
# Not fields of events: a language of a text, part of a view shown whole, an answer to an operator's request, Kafka headers.
OTHERS = {
    ("demo/logbook/words.py", "zh-CN"),
    ("outagectl/commands/show/text.py", "promises"),
    ("outagectl/commands/show/operator.py", "explanation"),
    ("outagectl/commands/show/operator.py", "result"),
    ("outagectl/commands/watch/lines.py", "ce_source"),
    ("outagectl/commands/watch/lines.py", "ce_id"),
}


def asked_by_string(path: Path) -> Iterator[str]:
    """Names that a module asks for by `.get("name")`, or reads from an event's data by `.data["name"]`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Subscript(value=ast.Attribute(attr="data"), slice=ast.Constant(value=str(name))):
                yield name


def test_no_screen_asks_an_event_for_a_field_by_a_string() -> None:
    files = [
        file for room in ROOMS for file in ((ROOT / room).rglob("*.py") if (ROOT / room).is_dir() else [ROOT / room])
    ]
    assert len(files) > 30
    found = {(str(file.relative_to(ROOT)), name) for file in files for name in asked_by_string(file)}
    assert found - OTHERS == set()
