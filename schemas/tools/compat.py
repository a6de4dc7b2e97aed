"""Refuse a change to a published version: python -m schemas.tools.compat --base REF.

Compares schemas/json at a git revision with the working tree. A changed file passes only when new readers accept all
old data (jsoncompat, role deserializer) and old readers, who ignore unknown fields, accept all new data (jsoncompat,
role serializer, on the opened old schema). Words (description, title, x-…) may change. jsoncompat 0.3 sees no `pattern`
and no `format`, so those may not change at all; and it refuses an `$id`, so that is taken off.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsoncompat

FOLDER = Path(__file__).parents[1] / "json"
_WORDS = frozenset({"$id", "$schema", "title", "description", "default", "examples"})
# Their values are maps from names that senders chose, not keywords.
_NAMED = frozenset({"properties", "$defs"})


def problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What in `new` breaks readers or writers of `old`, in words; empty when nothing does. Both are JSON Schemas."""
    before, after = bare(old), bare(new)
    if before == after:
        return []
    found = [
        f"{path} changed from {rule!r} to {_strict(after).get(path)!r}"
        for path, rule in _strict(before).items()
        if path.rpartition("/")[0] in _nodes(after) and _strict(after).get(path) != rule
    ]
    found += [
        f"{path} is new: {rule!r}"
        for path, rule in _strict(after).items()
        if path not in _strict(before) and path.rpartition("/")[0] in _nodes(before)
    ]
    if not jsoncompat.check_compat(json.dumps(before), json.dumps(after), "deserializer"):
        found.append("a new reader would refuse data that was lawful before, and the log is full of it")
    if not jsoncompat.check_compat(json.dumps(opened(before)), json.dumps(after), "serializer"):
        found.append("an old reader would refuse new data")
    return found


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What in the `new` files (name → text) breaks the `old` ones, one sentence each."""
    found: list[str] = []
    for name, text in sorted(old.items()):
        if name not in new:
            found.append(f"{name} is gone: a published type stays readable for ever; put it back")
            continue
        successor = _successor(name)
        found += [
            f"{name}: {problem}; leave it as it was and publish {successor} with an upcaster"
            for problem in problems(json.loads(text), json.loads(new[name]))
        ]
    return found


def bare(schema: Any) -> Any:
    """`schema` without its words."""
    if isinstance(schema, list):
        return [bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        word: {name: bare(part) for name, part in value.items()} if word in _NAMED else bare(value)
        for word, value in schema.items()
        if word not in _WORDS and not word.startswith("x-")
    }


def opened(schema: Any) -> Any:
    """`schema` as a tolerant reader holds it: unknown fields are ignored."""
    if isinstance(schema, list):
        return [opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        word: opened(value) for word, value in schema.items() if not (word == "additionalProperties" and value is False)
    }


def _walk(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, schema
    items = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for word, value in items:
        yield from _walk(value, f"{path}/{word}")


def _nodes(schema: Any) -> set[str]:
    return {path for path, value in _walk(schema) if isinstance(value, dict)}


def _strict(schema: Any) -> dict[str, str]:
    return {
        path: value
        for path, value in _walk(schema)
        if path.endswith(("/pattern", "/format")) and isinstance(value, str)
    }


def _successor(name: str) -> str:
    stem, _, version = name.removesuffix(".json").rpartition(".v")
    return f"{stem}.v{int(version) + 1}"


def published(base: str, root: Path) -> dict[str, str] | None:
    """The schema files at revision `base` of the repository at `root`, name → text; None without such a revision."""
    known = _git(root, "rev-parse", "--verify", "--quiet", base + "^{commit}")
    if known is None:
        return None
    listed = _git(root, "ls-tree", "--name-only", base, "schemas/json/") or ""
    files = [path for path in listed.splitlines() if path.endswith(".json")]
    return {Path(path).name: _git(root, "show", f"{base}:{path}") or "" for path in files}


def _git(root: Path, *words: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    # No shell sees the words, and rev-parse has the first say about the revision.
    done = subprocess.run((git, "-C", str(root), *words), capture_output=True, check=False)  # noqa: S603
    return done.stdout.decode() if done.returncode == 0 else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; 0 when all published types still hold, 1 when one does not."""
    parser = argparse.ArgumentParser(
        prog="python -m schemas.tools.compat", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--base", default="HEAD", help="git revision that is published (default: HEAD)")
    base: str = parser.parse_args(arguments).base
    old = published(base, FOLDER.parent.parent)
    if not old:
        what = "no such revision" if old is None else "no published schemas there"
        sys.stdout.write(f"compat: nothing to compare with at {base} ({what})\n")
        return 0
    new = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    found = compare(old, new)
    for problem in found:
        sys.stderr.write(f"compat: {problem}\n")
    if not found:
        added = len(set(new) - set(old))
        sys.stdout.write(f"compat: {len(old)} published types hold against {base}, {added} new\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
