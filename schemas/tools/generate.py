"""Write what follows from the contracts: python -m schemas.tools.generate [--check].

schemas/json/<type>.json, schemas/examples/<type>[.minimal].json and schemas/asyncapi.yaml. Running it twice gives the
same bytes; --check writes nothing and fails when a committed file differs.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.golden import events
from schemas.tools.asyncapi import document
from schemas.tools.jsonschema import schemas

ROOT = Path(__file__).parents[1]
COMMAND = "python -m schemas.tools.generate"


def generated() -> dict[str, str]:
    """Every generated file, path below schemas/ → text."""
    files = {f"json/{name}.json": _text(schema) for name, schema in schemas().items()}
    files |= {f"examples/{name}.json": _text(event) for name, event in events().items()}
    files["asyncapi.yaml"] = document()
    return files


def differences(files: Mapping[str, str], root: Path) -> list[str]:
    """How the files below `root` differ from `files`, one sentence each."""
    found = []
    for path, text in sorted(files.items()):
        committed = root / path
        if not committed.exists():
            found.append(f"schemas/{path} is missing")
        elif committed.read_bytes() != text.encode():
            found.append(f"schemas/{path} differs from what the contracts give")
    return found + [f"schemas/{path} belongs to no contract" for path in strays(files, root)]


def strays(files: Mapping[str, str], root: Path) -> list[str]:
    """Files in the generated folders that nothing generates."""
    found = [path for name in ("json", "examples") for path in (root / name).glob("*") if path.is_file()]
    there = [path.relative_to(root).as_posix() for path in found]
    return sorted(set(there) - set(files))


def write(files: Mapping[str, str], root: Path) -> int:
    """Bring the files below `root` up to date; how many were written or removed."""
    changed = 0
    for path, text in files.items():
        target = root / path
        if not target.exists() or target.read_bytes() != text.encode():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
            changed += 1
    for path in strays(files, root):
        (root / path).unlink()
        changed += 1
    return changed


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, or with --check compare; 1 when something differs."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a committed file differs")
    check: bool = parser.parse_args(arguments).check
    files = generated()
    if not check:
        sys.stdout.write(f"schemas: {len(files)} files, {write(files, ROOT)} changed\n")
        return 0
    found = differences(files, ROOT)
    for difference in found:
        sys.stderr.write(f"schemas: {difference}; run {COMMAND} and commit what it writes\n")
    if not found:
        sys.stdout.write(f"schemas: {len(files)} files agree with the contracts\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
