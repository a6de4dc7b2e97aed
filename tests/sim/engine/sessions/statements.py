"""Keep what a session of PostgreSQL has prepared from one client to the next: a fifth of all requests only prepares.

Each client prepares each statement once, under a name of its own. Here the server has another name for it, one a text; whoever
prepares that text again is answered at once, with what the server said the first time. Only the extended protocol's Parse,
Describe and Flush in one piece, as asyncpg sends them, are known; all else goes to the server as it is.
https://www.postgresql.org/docs/18/protocol-message-formats.html
"""

import re
import struct

_HEAD = struct.Struct("!BI")
_PARSE, _BIND, _CLOSE, _DESCRIBE, _QUERY = b"PBCDQ"
_NAMING = frozenset((_PARSE, _BIND, _CLOSE, _DESCRIBE, _QUERY))
_FLUSH = _HEAD.pack(ord("H"), 4)
_PREPARED = re.compile(rb"1t[Tn]")
_BY_SQL = re.compile(rb"\b(prepare|deallocate|discard)\b", re.IGNORECASE)
_STALE = (b"\0C0A000\0", b"\0C26000\0")
"""SQLSTATEs of a statement whose tables have changed (feature_not_supported) and of one that is not there."""


class Statements:
    """Those of one session."""

    def __init__(self) -> None:
        self.spoilt = False
        """The client prepared or dropped in another way than asyncpg's: what is there then, the server alone knows."""
        self._kept: dict[bytes, tuple[bytes, bytes]] = {}
        """By text the server's name, and what it said when it had prepared it."""
        self._names: dict[bytes, bytes] = {}
        """The server's names by those of the present client."""
        self._texts: dict[bytes, bytes] = {}
        """What was prepared, by the server's names."""
        self._made = 0
        self._asked: tuple[bytes, bytes, bytes] | None = None
        """What the server prepares just now: text, the client's name for it, and the server's."""
        self._said = b""

    def begin(self) -> None:
        """The next client has no names yet."""
        self._names.clear()
        self._asked = None

    def forget(self) -> None:
        """The server has none of them any more."""
        self.spoilt = False
        self._kept.clear()
        self._texts.clear()
        self.begin()

    def text(self, said: bytes) -> bytes:
        """Of the statement that is to be executed first in `said`, without the types of its parameters; empty where none is."""
        if said[:1] != b"B":
            return b""
        start = said.index(b"\0", 5) + 1
        return self._texts.get(self._names.get(said[start : said.index(b"\0", start)], b""), b"")

    def answer(self, said: bytes, status: bytes) -> bytes:
        """What the server would say to a client that prepares what it has; empty where it has to be asked.

        `status`: of its last ReadyForQuery. In a transaction that failed nothing can be prepared.
        """
        if said[:1] != b"P" or status == b"E" or (asked := _preparing(said)) is None:
            return b""
        name, text = asked
        kept = self._kept.get(text)
        if kept is None:
            self._made += 1
            self._names[name] = b"kept%d" % self._made
            self._asked, self._said = (text, name, self._names[name]), b""
            return b""
        self._names[name], said_then = kept
        return said_then

    def renamed(self, said: bytes) -> tuple[bytes, bytes]:
        """The whole messages of what a client says, with the server's names; and the beginning of one that is not whole."""
        parts, at, kept, whole = list[bytes](), 0, 0, len(said)
        while whole - at >= _HEAD.size:
            kind, length = _HEAD.unpack_from(said, at)
            end = at + 1 + length
            if end > whole:
                break
            if kind in _NAMING:
                other = self._other(kind, said[at + 5 : end])
                if other is not None:
                    parts += said[kept:at], _HEAD.pack(kind, len(other) + 4), other
                    kept = end
            at = end
        parts.append(said[kept:at])
        return b"".join(parts), said[at:]

    def heard(self, said: bytes) -> None:
        """What the server says: the first time it prepares a text, that is kept."""
        if any(code in said for code in _STALE):
            self._kept.clear()
        if self._asked is None:
            return
        self._said += said
        kinds = _kinds(self._said)
        text, name, ours = self._asked
        if b"E" in kinds:
            self._names.pop(name, None)
            self._asked = None
        elif kinds.endswith((b"T", b"n")):
            self._asked = None
            if _PREPARED.fullmatch(kinds):
                self._kept[text] = (ours, self._said)
                self._texts[ours] = text[: text.index(b"\0")]

    def _other(self, kind: int, body: bytes) -> bytes | None:
        if kind == _QUERY:
            self.spoilt = self.spoilt or _BY_SQL.search(body) is not None
            return None
        start = _at_name(kind, body)
        end = body.index(b"\0", start)
        name = body[start:end]
        if kind == _CLOSE:
            # The server keeps it for the next client; of a name that it does not know it says the same.
            self._names.pop(name, None)
            return None
        ours = self._names.get(name)
        if kind == _PARSE and name and ours is None:
            self.spoilt = True  # it has the client's own name there, which the next one may give again
        return None if ours is None else body[:start] + ours + body[end:]


def _at_name(kind: int, body: bytes) -> int:
    """Where a message names a statement. A Describe or Close of a portal names none: no statement is called so."""
    if kind == _BIND:
        return body.index(b"\0") + 1  # after the portal's name
    return 0 if kind == _PARSE else 1  # after the word that it is a statement


def _preparing(said: bytes) -> tuple[bytes, bytes] | None:
    """Name and the rest (text and types) of a Parse, where Describe of the same and Flush follow, and no more."""
    _, length = _HEAD.unpack_from(said)
    body = said[5 : 1 + length]
    name, text = body.split(b"\0", 1)
    rest = _HEAD.pack(_DESCRIBE, len(name) + 6) + b"S" + name + b"\0" + _FLUSH
    return (name, text) if name and said[1 + length :] == rest else None


def _kinds(said: bytes) -> bytes:
    """The kinds of the whole messages in it; none where the last one is not whole."""
    kinds, at, whole = bytearray(), 0, len(said)
    while whole - at >= _HEAD.size:
        kind, length = _HEAD.unpack_from(said, at)
        kinds.append(kind)
        at += 1 + length
    return bytes(kinds) if at == whole else b""
