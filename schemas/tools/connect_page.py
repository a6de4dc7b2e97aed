"""Fill docs/connect.md from the contracts and the example files: python -m schemas.tools.connect_page [--check].

The page holds places `<!-- begin KIND NAME -->` … `<!-- end -->`. KIND is `file` (a file, whole), `fields` (what an event
of a type holds, with the values of its golden example), `part` (the same for a part that several events have) or
`others` (the types of outage.dispatch that the page has no table of). Running it twice gives the same bytes.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from schemas.contracts import dispatch
from schemas.golden import events
from schemas.tools.jsonschema import Schema, schemas

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "connect.md"
COMMAND = "python -m schemas.tools.connect_page"

PLACE = re.compile(r"(<!-- begin (\w+) ?(\S*) -->\n).*?(<!-- end -->)", re.DOTALL)
_LANGUAGES = {".sh": "sh", ".py": "python", ".java": "java"}
_INSTANT = re.compile(r"\.? ?RFC 3339 instant with its offset, 2000 to 2199$")
_HEAD = "| field | needed | what it says | example |\n|---|---|---|---|\n"


class NothingThere(Exception):
    """A place on the page names what there is not."""


def filled(page: str) -> str:
    """`page` with every place filled.

    Raises:
        NothingThere: a place names no file, type or part.

    """
    shown = {name for _, kind, name, _ in PLACE.findall(page) if kind == "fields"}
    return PLACE.sub(lambda place: place[1] + _content(place[2], place[3], shown) + place[4], page)


def _content(kind: str, name: str, shown: set[str]) -> str:
    if kind == "file" and (path := ROOT / name).is_file():
        return f"```{_LANGUAGES[path.suffix]}\n{path.read_text()}```\n"
    if kind == "fields" and name in (contracts := _schemas()):
        return _table(contracts[name], _example(name))
    if kind == "part" and (found := next(_parts(name), None)):
        return _table(*found)
    if kind == "others":
        return _others(shown)
    raise NothingThere(f"docs/connect.md: no {kind} {name}; a place is a file, the fields of a type, a part, or others")


@cache
def _schemas() -> Mapping[str, Schema]:
    return schemas()


@cache
def _events() -> Mapping[str, Any]:
    return events()


def _example(name: str) -> Any:
    return _events()[name]["data"]


def _table(schema: Schema, example: Any) -> str:
    """One row a field; `example` has a value for each that it does not leave out."""
    rows = []
    for name, field in schema["properties"].items():
        needed = "yes" if name in schema.get("required", ()) else "no"
        rows.append(f"| `{name}` | {needed} | {_meaning(field)} | {_value(field, example.get(name))} |\n")
    return _HEAD + "".join(rows)


def _meaning(field: Schema) -> str:
    words = _INSTANT.sub("", field.get("description", ""))
    choices: list[str] = next((node["enum"] for node in _nodes(field) if "enum" in node), [])
    if choices and not all(choice in words for choice in choices):
        words = f"{words}: " + ", ".join(f"`{choice}`" for choice in choices)
    default = field.get("default")
    if isinstance(default, bool | int | float) or (isinstance(default, str) and default):
        words += f"; left out, it is `{_written(default)}`"
    return words.replace("|", "\\|")


def _value(field: Schema, value: Any) -> str:
    if part := _part_of(field):
        return f"[{part}](#{part.lower()})"
    if value is None:
        value = field.get("default")
    return f"`{_written(value)}`".replace("|", "\\|") if value or isinstance(value, bool | int) else ""


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _nodes(field: Schema) -> Iterator[Schema]:
    """The field itself, what it may be, and what its list holds."""
    yield field
    for choice in field.get("anyOf", ()):
        yield from _nodes(choice)
    if field.get("items"):
        yield from _nodes(field["items"])


def _part_of(field: Schema) -> str | None:
    return next((node["$ref"].rpartition("/")[2] for node in _nodes(field) if "$ref" in node), None)


def _parts(name: str) -> Iterator[tuple[Schema, Any]]:
    """Every place where an example shows the part `name`: its schema, and the value there; the fullest first."""
    found = [
        (schema["$defs"][name], value)
        for type_name, schema in _schemas().items()
        if name in schema.get("$defs", {})
        for value in _values(schema, schema, _example(type_name), name)
    ]
    yield from sorted(found, key=lambda each: -len(each[1]))


def _values(whole: Schema, schema: Schema, example: Any, name: str) -> Iterator[Any]:
    for field_name, field in schema.get("properties", {}).items():
        part, value = _part_of(field), example.get(field_name)
        for each in value if isinstance(value, list) else [value]:
            if part is not None and isinstance(each, dict):
                if part == name:
                    yield each
                yield from _values(whole, whole["$defs"][part], each, name)


def _others(shown: set[str]) -> str:
    rows = [
        f"| `{name}` | {(struct.__doc__ or '').splitlines()[0]} | [{name}.json](../schemas/examples/{name}.json) |\n"
        for name, struct in dispatch.TYPES.items()
        if name not in shown
    ]
    return "| type | what it says | example |\n|---|---|---|\n" + "".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, or with --check compare; 1 when the page differs."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the committed page differs")
    check: bool = parser.parse_args(arguments).check
    page = PAGE.read_text()
    wanted = filled(page)
    if check and page != wanted:
        sys.stderr.write(
            f"docs/connect.md differs from contracts or examples; run {COMMAND} and commit what it writes\n"
        )
        return 1
    if page != wanted:
        PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
