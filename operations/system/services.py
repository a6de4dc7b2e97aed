"""The services as operations know them: name, schema, code, and what they publish."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, get_type_hints

from pydantic import ValidationError

from operations.errors import Misused, NotFound
from operations.system.location import Where, settings_values
from schemas.contracts import audience, messages, notices, promises
from schemas.contracts.duty import tasks
from services.kernel.model import Service

NAMES = ("planner", "notifier", "restorer")

# What a service needs to reach its provider. Audits and retries decide and read; they send nothing.
_UNUSED_HERE = {
    "vault_key": "not-used-here",
    "index_key": "not-used-here-at-all",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "not-used-here",
    "twilio_from": "+15005550006",
    "public_url": "http://127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Output:
    """Which events of a stream category go out on which topic."""

    category: str
    topic: str
    types: frozenset[str]


TASKS = Output("task", tasks.TOPIC, frozenset(tasks.TYPES))
_PLANNERS = (Output("outage", notices.TOPIC, frozenset(notices.TYPES)), TASKS)
_NOTIFIERS = (
    Output("outage", audience.TOPIC, frozenset(audience.TYPES)),  # of logs of the first version
    Output("fanout", audience.TOPIC, frozenset(audience.TYPES)),
    Output("handset", audience.TOPIC, frozenset(audience.TYPES)),
    Output("customer", messages.TOPIC, frozenset(messages.TYPES)),
    Output("outage", messages.TOPIC, frozenset(promises.TYPES)),
    TASKS,
)


def _restorers() -> tuple[Output, ...]:
    """As its kinds of streams say; imported when asked, for to import all that decides takes longer than most answers."""
    kinds = import_module("services.restorer.kinds").KINDS
    return tuple(
        Output(kind.category, topic, frozenset(types)) for kind in kinds for topic, types in kind.publishes.items()
    )


OUTPUTS: Mapping[str, Callable[[], tuple[Output, ...]]] = {
    "planner": lambda: _PLANNERS,
    "restorer": _restorers,
    "notifier": lambda: _NOTIFIERS,
}
"""What each service publishes, as it is asked."""


def outputs_of(name: str) -> tuple[Output, ...]:
    """What a service publishes, by category of stream and topic."""
    return OUTPUTS[name]()


def chosen(name: str | None) -> tuple[str, ...]:
    """The services a command is about: all, or the one named.

    Raises:
        NotFound: no such service.

    """
    if name is None:
        return NAMES
    if name not in NAMES:
        raise NotFound(f"there is no service {name}: name one of {', '.join(NAMES)}")
    return (name,)


def inputs(name: str) -> list[str]:
    """The topics that a service reads. It is not built for that: its rules and calendar take longer than most answers."""
    return list(get_type_hints(import_module(f"services.{name}.app").build)["return"].inputs)


def load(name: str, where: Where) -> Service:
    """A service's code under the settings of its environment, as its own process would build it.

    Raises:
        Misused: a setting is missing or wrong; the message has one line for each.

    """
    module = import_module(f"services.{name}.app")
    settings_type: Any = get_type_hints(module.build)["settings"]
    values = settings_values(where)
    for field, value in _UNUSED_HERE.items():
        if field in settings_type.model_fields and not os.environ.get(f"OUTAGE_{field}".upper()):
            values.setdefault(field, value)
    try:
        service: Service = module.build(settings_type(**values))
    except ValidationError as error:
        lines = [f"OUTAGE_{str(p['loc'][0]).upper()}: {p['msg']}" for p in error.errors() if p["loc"]]
        raise Misused(f"the settings of {name} are wrong; correct the environment:\n" + "\n".join(lines)) from None
    except ValueError as error:
        raise Misused(f"{name} cannot be built: {error}") from None
    return service
