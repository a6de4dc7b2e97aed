"""Write the JSON Schema of regime files, for editors: `python -m services.policy.format` makes policies/schema.json.

Loading asks more: what one key asks of another cannot be said here without hiding it (written/rule.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from services.policy.written.regime import Regime

TARGET: Final = Path(__file__).resolve().parents[2] / "policies" / "schema.json"
COMMAND: Final = "python -m services.policy.format"


def schema() -> dict[str, Any]:
    """The whole schema (2020-12), of the structs that loading reads into."""
    (_, parts) = msgspec.json.schema_components([Regime], ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **parts.pop(Regime.__name__), "$defs": parts}


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with --check compare it; 1 when it differs."""
    text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    if "--check" not in arguments:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"policies/schema.json differs from what the code gives: run {COMMAND} and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
