"""What a kind of stream brings to the restorer. One module of this folder for each; `__init__.py` lists them."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from services.kernel.model import Decider, Message, Projection, Stream
from services.kernel.operators.actions import Action
from services.policy import Policy
from services.policy.calendar import WorkingCalendar

if TYPE_CHECKING:
    from services.kernel.model import Service
    from services.kernel.running.runner import Process


class StreamKind:
    """Streams category/key of one category: who decides of them, and all that goes with it. Left as it is here, it does nothing."""

    category: ClassVar[str]
    publishes: ClassVar[Mapping[str, Iterable[str]]] = {}
    """Which of its events go out, by topic: what is audited, and can be published again."""
    waits_for_all: ClassVar[bool] = False
    """Whether its deadlines wait for every partition: its facts come under other keys, too."""
    structs: ClassVar[Mapping[str, type[msgspec.Struct]]] = {}
    """Events of its own log beside the published ones, and words of the restorer to itself."""
    actions: ClassVar[Mapping[str, Action[Any]]] = {}
    """What operators may ask of it."""
    projections: Sequence[Projection] = ()

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self.policy, self.calendar = policy, calendar

    def begin(self, service: Service) -> None:
        """The service is put together: what it needs of all of it."""

    def decider(self) -> Decider[Any]:
        """Who decides of its streams."""
        raise NotImplementedError

    def stream_of(self, message: Message) -> str | None:
        """The stream of this kind that a message is for; None of what is for others."""
        del message
        return None

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """What a decision needs to know beside the stream."""
        del connection, stream_id, state, message
        return None

    async def keep(self, connection: Any, stream: Stream, before: Any) -> None:
        """Bring its tables in line with one of its streams to which events were added, in the same transaction."""

    def added(self, stream: Stream) -> None:
        """Events were added to a stream of whatever kind: wake who waits for them."""

    async def renew(self, connection: Any, service: Service) -> int:
        """At a start, put its tables as this version has them; of how much."""
        del connection, service
        return 0

    async def catch_up(self, connection: Any, service: Service) -> int:
        """While running, now and then, take into its tables what a pod of an older version wrote meanwhile; of how much. Cheap."""
        del connection, service
        return 0

    def work(self, process: Process) -> Iterable[Coroutine[Any, Any, Any]]:
        """What goes on for it in the background, until cancelled."""
        del process
        return ()
