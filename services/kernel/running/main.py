"""`python -m services.<name>`: settings, then one process, then an exit code that says how it ended."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.migrate import SchemaMismatch
from services.kernel.model import KernelError, Service
from services.kernel.running.runner import EX_SOFTWARE, EX_TEMPFAIL, Process
from services.kernel.running.settings import KernelSettings, SettingsError
from services.kernel.running.waiting import WRONG_SETTINGS
from services.kernel.warp import ClockError

EX_CONFIG = 78
SERVICES = Path(__file__).parents[2]

T = TypeVar("T", bound=KernelSettings)


def folders(name: str) -> list[Path]:
    """Where a service's migrations lie: the kernel's own first."""
    own = SERVICES / name / "sql" / "migrations"
    return [SERVICES / "kernel" / "sql" / "migrations", *([own] if own.is_dir() else [])]


def main(
    settings_type: type[T],
    build: Callable[[T], Service],
    extra: Callable[[Process], Awaitable[None]] | None = None,
) -> None:
    """Run one process of a service and exit: 0 stopped in order, 70 our fault, 75 try again, 78 settings or schema."""
    try:
        settings = settings_type.load()
        service = build(settings)
        process = Process(service, settings, folders=folders(service.name))
    except (SettingsError, ClockError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log before there are settings
        sys.exit(EX_CONFIG)
    try:
        asyncio.run(process.run(extra))
    except SchemaMismatch as error:
        print(error, file=sys.stderr)  # noqa: T201 - said plainly, without a stack
        sys.exit(EX_CONFIG)
    except KernelError as error:
        print(error, file=sys.stderr)  # noqa: T201 - said plainly, without a stack
        sys.exit(EX_SOFTWARE)
    except WRONG_SETTINGS as error:
        print(f"the database refuses what OUTAGE_POSTGRES and OUTAGE_POSTGRES_ROLE say: {error}", file=sys.stderr)  # noqa: T201 - said plainly, without a stack
        sys.exit(EX_CONFIG)
    except DATABASE as error:
        print(f"a dependency is away: {error!r}", file=sys.stderr)  # noqa: T201 - said plainly, without a stack
        sys.exit(EX_TEMPFAIL)
