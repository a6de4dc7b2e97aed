"""Name the code and rules that decide here in one short word, the same wherever both are the same."""

import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from services.kernel.model import Service

ROOT = Path(__file__).parents[3]
SHARED = (
    "schemas",
    "services/concerned",
    "services/instants",
    "services/kernel",
    "services/merging",
    "services/network",
    "services/places",
    "services/plausibility",
    "services/policy",
    "services/promises",
    "services/reliability",
    "services/sms_gateway",
    "services/tasks",
    "services/wording",
)
"""What more than one service decides with. Kept states (snapshots.py) rest on it: code missing here would make stale ones good."""
LENGTH = 16


def revision_of(service: Service) -> str:
    """16 hex digits over the service's source files, those it shares with others, and its deciders' `rules`.

    Nobody counts it up by hand, so nobody forgets to: any edit makes another one. A decider whose timers or deadlines
    rest on a policy or a calendar names their versions in an attribute `rules`.
    """
    package = Path(getattr(sys.modules[type(service).__module__], "__file__", None) or "").parent
    digest = hashlib.sha256(_code(package).encode())
    for name in sorted(service.deciders):
        digest.update(f"|{name}={getattr(service.deciders[name], 'rules', '')}".encode())
    return digest.hexdigest()[:LENGTH]


@lru_cache
def _code(package: Path) -> str:
    digest = hashlib.sha256()
    for folder in (package, *(ROOT / name for name in SHARED)):
        for file in _sources(folder):
            digest.update(f"{file.relative_to(folder)}|".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.py"))
