"""Keep the gateway's messages and the reports that wait to be pulled; the journal finds both again after a kill."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from devstack.twilio.kept.journal import Journal, lines
from devstack.twilio.kept.messages import Post

FILE_NAME = "messages.jsonl"
FINAL = frozenset({"DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "UNKNOWN"})


class GatewayMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message. `cust_id`: what the sender calls it."""

    msg_id: str
    cust_id: str
    mobile: str
    content: str
    created: datetime
    valid_seconds: int
    state: str = "WAITING"
    err_code: int = 0
    done: datetime | None = None
    batch: str | None = None
    """The batch in which its report was last given."""
    acked: bool = False


class GatewayUplink(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A text that somebody sent to us. `received`: by the domain's clock, as a handset shows it."""

    mo_id: str
    mobile: str
    content: str
    received: datetime
    batch: str | None = None
    acked: bool = False


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    message: GatewayMessage | None = None
    uplink: GatewayUplink | None = None
    post: Post | None = None
    reset: bool = False


class GatewayStore:
    """All messages by id, oldest first, each step journalled before it shows."""

    def __init__(self, folder: Path) -> None:
        self._messages: dict[str, GatewayMessage] = {}
        self._visible_at: dict[str, float] = {}
        self._uplinks: dict[str, GatewayUplink] = {}
        self.posts: list[Post] = []
        for raw in lines(folder / FILE_NAME):
            line = msgspec.json.decode(raw, type=_Line)
            if line.reset:
                self._forget()
            if line.message is not None:
                self._messages[line.message.msg_id] = line.message
            if line.uplink is not None:
                self._uplinks[line.uplink.mo_id] = line.uplink
            if line.post is not None:
                self.posts.append(line.post)
        self._journal = Journal(folder / FILE_NAME)

    def _forget(self) -> None:
        self._messages.clear()
        self._visible_at.clear()
        self._uplinks.clear()
        self.posts.clear()

    def put(self, message: GatewayMessage, *, visible_at: float | None = None) -> None:
        """A new message, which `query` shows from `visible_at` (loop time) on; or one as it is now."""
        self._journal.append(_Line(message=message))
        self._messages[message.msg_id] = message
        if visible_at is not None:
            self._visible_at[message.msg_id] = visible_at

    def put_uplink(self, uplink: GatewayUplink) -> None:
        """A text that came in, or one as it is now."""
        self._journal.append(_Line(uplink=uplink))
        self._uplinks[uplink.mo_id] = uplink

    def uplinks(self) -> list[GatewayUplink]:
        """Every text that came in, oldest first."""
        return list(self._uplinks.values())

    def note(self, post: Post) -> None:
        """Keeps that a request to send came and what was answered."""
        self._journal.append(_Line(post=post))
        self.posts.append(post)

    def all(self) -> list[GatewayMessage]:
        """Every message, oldest first."""
        return list(self._messages.values())

    def visible(self, loop_time: float) -> Iterator[GatewayMessage]:
        """Messages that `query` shows at this moment, oldest first."""
        return (one for one in self._messages.values() if self._visible_at.get(one.msg_id, 0.0) <= loop_time)

    def unfinished(self) -> list[GatewayMessage]:
        """Messages with steps still to come; after a restart their way goes on."""
        return [one for one in self._messages.values() if one.state not in FINAL]

    def waiting(self) -> list[GatewayMessage]:
        """Messages whose report nobody has acknowledged."""
        return [one for one in self._messages.values() if one.state in FINAL and not one.acked]

    def reset(self) -> None:
        """Forgets everything; the journal keeps the history and a mark."""
        self._journal.append(_Line(reset=True))
        self._forget()

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()
