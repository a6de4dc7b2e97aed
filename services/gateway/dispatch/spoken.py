"""Name what may be said over HTTP, and on which topic it travels: facts of dispatch systems, and readings of meters."""

from collections.abc import Mapping
from typing import Final

from schemas.contracts import dispatch
from schemas.contracts.base import Wire
from schemas.contracts.evidence import meters

TYPES: Final[Mapping[str, type[Wire]]] = {**dispatch.TYPES, **meters.TYPES}


NAMED_ALONE: Final = frozenset({"notice.shown.v1", "notice.unreadable.v1"})
"""Types that a token may say only where it names them; `*` does not cover them. They are proof, and who publishes, or plans, is no
witness of what the public could read."""


def topic_of(type_name: str) -> str:
    """The topic of a type that may be said."""
    return meters.TOPIC if type_name in meters.TYPES else dispatch.TOPIC
