"""Run uvicorn with a limit on how long a caller may take to send a request, and with an end that is told from a kill."""

import asyncio
import signal
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0


class PatientProtocol(H11Protocol):
    """Closes connections whose request line and headers are not whole in HEAD_SECONDS: uvicorn itself waits for ever.

    The limit on a body is the endpoint's own.
    """

    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A caller is there and should say what it wants."""
        super().connection_made(transport)
        self._start()

    def on_response_complete(self) -> None:
        """The next request on the same connection gets its own time."""
        super().on_response_complete()
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller is gone."""
        self._cancel()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._cancel()
        self._hurry = self.loop.call_later(HEAD_SECONDS, self._enough)

    def _cancel(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _enough(self) -> None:
        # With no request, or an answered one, nothing is being served here.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class OrderlyServer(uvicorn.Server):
    """Ends as `boot` says, with 0, once it was told to stop: uvicorn's own raises the signal again then, and ends as if killed."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is under way; a second Ctrl-C waits for nothing."""
        del frame
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
