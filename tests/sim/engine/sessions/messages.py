"""Follow PostgreSQL's protocol (version 3) both ways, to know when the server has said all that it owes.

https://www.postgresql.org/docs/18/protocol-flow.html and protocol-message-formats.html. A message is a type byte, a length
of four bytes that counts itself, and its body; what a client says first has no type byte.
"""

import re
import struct
from dataclasses import dataclass

SSL_REQUEST, CANCEL_REQUEST = 80877103, 80877102
# What is another in every run though nothing differs: settings that are reported, table and type ids in descriptions,
# notices, which say how long something took, and of errors all but their codes.
_OF_THIS_SERVER = frozenset(b"STtNE")
_MATTERS = frozenset(b"ZETnGWN")
_HEAD = struct.Struct("!BI")
TERMINATE = _HEAD.pack(ord("X"), 4)
_LOCK_TIMEOUT = re.compile(rb"(lock_timeout\s*=\s*)('?)(\d+)(ms|s)?'?")


def query(sql: str) -> bytes:
    """The message that has the server do `sql`, as it stands."""
    return _HEAD.pack(ord("Q"), len(sql) + 5) + sql.encode() + b"\0"


def without_lock_timeout(data: bytes) -> tuple[bytes, float | None]:
    """What a client writes, no longer asking the server to limit waits for locks; and the limit, in seconds, where it did."""
    found = _LOCK_TIMEOUT.search(data) if b"lock_timeout" in data else None
    if found is None:
        return data, None
    limit = int(found[3]) * (1.0 if found[4] == b"s" else 0.001)
    return data[: found.start()] + (found[1] + b"0").ljust(len(found[0])) + data[found.end() :], limit or None


def as_lock_timeout(data: bytes) -> bytes:
    """What the server says of a statement that was cancelled, as if its wait for a lock had been too long."""
    return data.replace(b"\0C57014\0", b"\0C55P03\0").replace(b"E57014", b"E55P03")


@dataclass
class Said:
    """What a stretch of bytes from the server came to."""

    clean: bytes = b""
    """To hand on: all but what the server says of lock waits."""
    waits: bool = False
    """Its last word is that it waits for a lock, and that waiting for it is no deadlock."""
    traced: bytes = b""
    """What must be the same in every run."""
    moved: bool = False
    """It got a lock that it had waited for."""


class Turn:
    """Whose turn it is on one connection: fed with what goes both ways, however it is cut into pieces."""

    def __init__(self, *, started: bool = False) -> None:
        self.cancels = 0
        """The session that this connection, made for that only, asks to cancel, by the number that its client was told."""
        self.left = False
        """The client has said that it ends the session."""
        self.ended = False
        """The server ends the connection after this."""
        self.idle_status = b"I"
        """The last ReadyForQuery: I idle, T in a transaction, E in a failed one."""
        self.committing = False
        """What was sent last ends a transaction by `commit`."""
        self.starting = not started
        """The client has not said yet who it is."""
        self._unsynced = False
        self._syncs = 0
        self._described = 0
        self._flushed = False
        self._copying = self._copied = False
        self._out, self._in = b"", b""

    @property
    def owed(self) -> bool:
        """Whether the server has yet to say something before anybody else can."""
        return not self._copying and (self._syncs > 0 or (self._flushed and self._described > 0) or self.ended)

    @property
    def committed(self) -> bool:
        """Whether what was asked last was a `commit`, and it was done."""
        return self.committing and self.idle_status == b"I"

    @property
    def at_rest(self) -> bool:
        """Whether the server waits for a request, with nothing of one before it: all is done or undone but a transaction."""
        return not (
            self.starting or self._out or self._unsynced or self._syncs or self._copying or self._copied or self.ended
        )

    # What the client says.

    def sent(self, data: bytes) -> bytes:
        """The client says `data`, which is one message where it is the first. Returns what must be the same in every run."""
        self._out += data
        if self.starting:
            return self._first()
        at, whole = 0, len(self._out)
        while whole - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._out, at)
            end = at + 1 + length
            if end > whole:
                break
            self._client(kind, at + 5, end)
            at = end
        traced, self._out = self._out[:at], self._out[at:]
        return traced

    def _first(self) -> bytes:
        length, code = struct.unpack_from("!ii", self._out) if len(self._out) >= 8 else (8, 0)
        if len(self._out) < length:
            return b""
        if code == CANCEL_REQUEST:
            self.cancels = struct.unpack_from("!i", self._out, 8)[0]
        self.starting = False
        self._out = self._out[length:]
        return b"start;"

    def _client(self, kind: int, start: int, end: int) -> None:
        match chr(kind):
            case "B":
                self.committing, self._unsynced = False, True
            case "E" | "C":
                self._unsynced = True
            case "S":
                self._syncs += 1
                self._unsynced = False
            case "Q" | "P":
                self.committing = b"COMMIT" in self._out[start : min(end, start + 64)].upper()
                self._syncs += kind == ord("Q")
                self._unsynced = kind == ord("P")
            case "D":
                self._described += self._out[start] == ord("S")
                self._unsynced = True
            case "H":
                self._flushed = True
            case "c" | "f":
                self._copying, self._copied = False, True
            case "X":
                self.left = True

    # What the server says.

    def received(self, data: bytes) -> Said:
        """The server says `data`."""
        arrived = self._in = self._in + data
        said, at, whole = Said(), 0, len(arrived)
        kept = same = 0  # from where on all is to be handed on, and all is the same in every run
        while whole - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(arrived, at)
            end = at + 1 + length
            if end > whole:
                break
            if kind in _MATTERS and not self._server(kind, at + 5, end, said):
                said.clean += arrived[kept:at]
                kept = end
            if kind in _OF_THIS_SERVER:
                said.traced += arrived[same:at]
                same = end
                if kind == ord("E"):
                    said.traced += b"E" + self._field(at + 5, end, b"C")
            at = end
        said.clean += arrived[kept:at]
        said.traced += arrived[same:at]
        self._in = arrived[at:]
        return said

    def _server(self, kind: int, start: int, end: int, said: Said) -> bool:
        match chr(kind):
            case "Z":
                self.idle_status = self._in[start : start + 1]
                self._syncs -= 1
                self._described, self._flushed = 0, False
                self._copying = self._copied = False
            case "E":
                self._described, self._flushed = 0, False
                self.ended = self.ended or self._field(start, end, b"V") in (b"FATAL", b"PANIC")
            case "T" | "n":
                self._described = max(self._described - 1, 0)
            case "G" | "W":
                # A client need not wait for this word: perhaps all that it copies is under way.
                self._copying = not self._copied
            case "N":
                return self._notice(start, end, said)
        return True

    def _notice(self, start: int, end: int, said: Said) -> bool:
        """Whether a notice is for the client: what the server says of locks is for us, and nobody asked for its log."""
        if self._field(start, end, b"V") != b"LOG":
            return True
        words = self._field(start, end, b"M")
        if b" still waiting for " in words:
            said.waits = True
        elif b" acquired " in words:
            said.waits, said.moved = False, True
        return False

    def _field(self, start: int, end: int, code: bytes) -> bytes:
        for part in self._in[start:end].split(b"\0"):
            if part[:1] == code:
                return part[1:]
        return b""
