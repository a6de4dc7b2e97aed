"""Boot one process, a service's or the gateway's: settings, log, work, then an exit code that says how it ended.

0 stopped in order, 70 our fault, 75 somebody is away: try again, 78 settings or schema.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from typing import Any, Final, NoReturn, TypeVar

import structlog

from services.kernel import checkpoints
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.migrate import SchemaMismatch
from services.kernel.clock import Clock, ClockError
from services.kernel.model import KernelError
from services.kernel.observing.logging import configure
from services.kernel.running import hooks_for_tests
from services.kernel.running.settings import ProcessSettings, SettingsError
from services.kernel.running.startup_wait import WRONG_SETTINGS

EX_SOFTWARE: Final = 70
EX_TEMPFAIL: Final = 75
EX_CONFIG: Final = 78

log = structlog.get_logger()
P = TypeVar("P")

Die = Callable[[int, str, BaseException | None], NoReturn]
"""Ends the process at once: exit code, why, what went wrong."""


def boot(build: Callable[[], P], serve: Callable[[P], Coroutine[Any, Any, None]]) -> None:
    """Run a process to its end: `build` reads the settings and makes it, `serve` is its work. Returns where that ends well."""
    try:
        process = build()
    except (SettingsError, ClockError, ValueError) as error:
        _leave(EX_CONFIG, error)
    try:
        asyncio.run(serve(process))
    except SchemaMismatch as error:
        _leave(EX_CONFIG, error)
    except KernelError as error:
        _leave(EX_SOFTWARE, error)
    except WRONG_SETTINGS as error:
        _leave(EX_CONFIG, f"the database refuses what OUTAGE_POSTGRES and OUTAGE_POSTGRES_ROLE say: {error}")
    except DATABASE as error:
        _leave(EX_TEMPFAIL, f"a dependency is away: {error!r}")


def begin_log(name: str, settings: ProcessSettings, clock: Clock) -> None:
    """Set up the log of a process, and say first what in its surroundings no production has: test hooks."""
    configure(name, version("outage-notice"), clock, form=settings.log_format, level=settings.log_level)
    if hooks := hooks_for_tests.hooks(os.environ):
        log.warning("test hooks are in use: this process must not serve anybody", hooks=hooks)
    if plan := os.environ.get(hooks_for_tests.DIE_AT):
        checkpoints.die_at(plan)


def die(code: int, why: str, error: BaseException | None) -> NoReturn:
    """End at once, whatever is under way, and say why: nothing may be acknowledged any more."""
    log.critical(why, error=str(error), kind=type(error).__name__, exit_code=code, exc_info=error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _leave(code: int, words: object) -> NoReturn:
    """Said plainly, without a stack: perhaps there is no log yet."""
    print(words, file=sys.stderr)  # noqa: T201 - see above
    sys.exit(code)
