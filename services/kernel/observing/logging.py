"""Configure logs: one line per event, JSON or readable on a terminal, and nothing in them that belongs to a person."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.kernel.clock import Clock
from services.kernel.observing.masking import mask, mask_signed
from services.kernel.observing.repeats import Repeats

PERSONAL_KEYS = frozenset(
    {"to", "from", "from_", "from_number", "number", "body", "phone", "phone_number", "msisdn", "recipient", "handset"}
)
# Fields whose values are names or counts of ours: a bare run of eleven digits in them is no phone.
NAMING_KEYS = frozenset(
    {"id", "mrid", "stream", "stream_id", "event_id", "cause", "key", "offset", "position", "version", "partition"}
)
QUIET = ("twilio", "twilio.http_client", "aiohttp.client", "aiohttp.access", "urllib3", "faust", "mode", "aiokafka")


def _clean(key: str, value: Any) -> Any:
    """A value that may be printed: masked all the way down, unknown objects as masked text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {k: _clean(str(k), v) for k, v in value.items() if str(k).lower() not in PERSONAL_KEYS}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    text = value if isinstance(value, str) else str(value)
    return mask_signed(text) if key.lower() in NAMING_KEYS else mask(text)


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop fields that hold personal data by name, and mask phone numbers in all others, tracebacks included."""
    return dict(_clean("", event))


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        wall, now = clock.wall(), clock.now()
        event["timestamp"] = wall.isoformat(timespec="milliseconds")
        if abs((now - wall).total_seconds()) > 1:
            event["domain_time"] = now.isoformat(timespec="seconds")
        return event

    return stamp


def configure(
    service: str, version: str, clock: Clock, *, form: str = "auto", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send all logs of the process, structlog's and the standard library's, through one renderer.

    `form` is json, console, or auto (console on a terminal); lines go to `stream` (standard error). Call it once, after
    libraries that set up logging themselves (Faust, uvicorn) have been imported; their handlers are taken away.
    """
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())

    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**event, "service": service, "service_version": version}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        name_service,
        _stamp(clock),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if console:
        # Plain tracebacks: the pretty ones print local variables, and with them whatever they hold.
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)
    finish: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        without_personal_data,
        renderer,
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=finish))
    handler.addFilter(Repeats(clock))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
