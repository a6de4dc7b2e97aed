"""Give at once what a server would surely say: that a transaction has begun, and what never changes while it runs.

One request in ten asks for no more, and each costs the server as much as a small statement. `begin` goes with what is asked next,
which is when the server takes its first look at the tables anyway.
https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
"""

import re
import struct

from tests.sim.engine.sessions.messages import query

_HEAD = struct.Struct("!BI")
_BEGIN = re.compile(rb"Q....BEGIN[A-Z, ]*;?\0", re.DOTALL)
_BEGUN = _HEAD.pack(ord("C"), 10) + b"BEGIN\0" + _HEAD.pack(ord("Z"), 5) + b"T"
_SAME_ALWAYS = frozenset((query("select 1"), b"select pg_is_in_recovery()"))
_SYNC = _HEAD.pack(ord("S"), 4)


class Foreseen:
    """What is known beforehand of one session, for one client after the other."""

    def __init__(self) -> None:
        self._begin = b""
        """What the client was told that it has begun, and the server has yet to hear."""
        self._unheard = b""
        """What the server says first, and the client has been told."""
        self._same: dict[bytes, bytes] = {}
        self._asked, self._said = b"", b""

    @property
    def begins(self) -> bool:
        """Whether the server knows of no transaction, though the client does."""
        return self._begin != b""

    def begin(self) -> None:
        """The next client has begun nothing."""
        self._begin = self._unheard = self._asked = b""

    def answer(self, said: bytes, status: bytes, text: bytes) -> bytes:
        """What the server would say; empty where it has to be asked.

        `status`: of its last ReadyForQuery; `text`: of the prepared statement that is to be executed, empty where none is.
        """
        self._asked = b""
        if status != b"I":
            return b""
        if _BEGIN.fullmatch(said):
            self._begin = said
            return _BEGUN
        words = text if text and said.endswith(_SYNC) else said
        if words in _SAME_ALWAYS:
            if known := self._same.get(words):
                return known
            self._asked, self._said = words, b""
        return b""

    def sent(self, data: bytes) -> bytes:
        """What is sent: `data`, behind the `begin` that waits for it."""
        if not self._begin or not data:
            return data
        data, self._begin, self._unheard = self._begin + data, b"", _BEGUN
        return data

    def heard(self, data: bytes) -> bytes:
        """What the server says of `data` that the client has not been told yet.

        A server that ends, or refuses, says something else: then all of it is for the client.
        """
        if self._unheard:
            known = min(len(self._unheard), len(data))
            if data[:known] != self._unheard[:known]:
                data, self._unheard = _BEGUN[: len(_BEGUN) - len(self._unheard)] + data, b""
            else:
                data, self._unheard = data[known:], self._unheard[known:]
        if self._asked:
            self._said += data
            if self._said[-6:] == _HEAD.pack(ord("Z"), 5) + b"I":
                self._same[self._asked], self._asked = self._said, b""
        return data
