"""`python -m services.<name>`: one process of a service, from its settings to its end."""

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from services.kernel.model import Service
from services.kernel.running.boot import boot
from services.kernel.running.runner import Process
from services.kernel.running.settings import KernelSettings

SERVICES = Path(__file__).parents[2]

T = TypeVar("T", bound=KernelSettings)


def folders(name: str) -> list[Path]:
    """Where a service's migrations lie: the kernel's own first, then those of tables that it has in common with others.

    Such tables are a package beside it, named in its `SHARED_TABLES` (services/planner/__init__.py).
    """
    shared: Sequence[str] = getattr(import_module(f"services.{name}"), "SHARED_TABLES", ())
    found = [SERVICES / one / "sql" / "migrations" for one in ("kernel", *shared, name)]
    return [folder for folder in found if folder.is_dir()]


def main(
    settings_type: type[T],
    build: Callable[[T], Service],
    extra: Callable[[Process], Awaitable[None]] | None = None,
) -> None:
    """Run one process of a service and exit with a code of `boot`. `extra`: the service's own work beside it."""

    def make() -> Process:
        settings = settings_type.load()
        service = build(settings)
        return Process(service, settings, folders=folders(service.name))

    boot(make, lambda process: process.run(extra))
