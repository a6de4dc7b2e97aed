"""Begin a session of PostgreSQL for whoever a start-up message names, as a client does, up to the first ReadyForQuery.

https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-START-UP and sasl-authentication.html. A server either
asks for nothing or for SCRAM-SHA-256 (RFC 5802, 7677); the clients' own answers are not needed, so that a session that is
handed on begins as a new one does.
"""

import base64
import hashlib
import hmac
import itertools
import socket
import struct
from collections.abc import Iterator

_OK, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 10, 11, 12
_MECHANISM = b"SCRAM-SHA-256"
_HEADER = b"n,,"  # no channel is bound
_PIECE = 1 << 16
_numbers = itertools.count()


class Refused(Exception):
    """The server refuses the session. The argument is what it said, in its own bytes; empty where it said nothing."""

    @property
    def said(self) -> bytes:
        """What a client would have read."""
        return bytes(self.args[0])


def log_in(sock: socket.socket, startup: bytes, password: str) -> tuple[int, bytes]:
    """The number of the server's process, and the settings that it reports (whole ParameterStatus messages).

    Raises:
        Refused: it does not let this user into this database, or asks for another proof than SCRAM.

    """
    sock.sendall(startup)
    scram, pid, reported = _Scram(password), 0, b""
    for kind, body in _messages(sock):
        match chr(kind):
            case "R":
                (asked,) = struct.unpack_from("!i", body)
                if asked == _SASL:
                    sock.sendall(_password(_MECHANISM + b"\0" + _counted(scram.first())))
                elif asked == _SASL_CONTINUE:
                    sock.sendall(_password(scram.proof(body[4:])))
                elif asked not in (_OK, _SASL_FINAL):
                    raise Refused(b"")
            case "S":
                reported += _message(kind, body)
            case "K":
                pid = struct.unpack_from("!i", body)[0]
            case "E":
                raise Refused(_message(kind, body))
            case "Z":
                return pid, reported
    raise Refused(b"")


def greeting(number: int, reported: bytes) -> bytes:
    """What a server says to a client that it has let in; `number`: of the session, by which a client may cancel."""
    return (
        _message(ord("R"), struct.pack("!i", _OK))
        + reported
        + _message(ord("K"), struct.pack("!ii", number, 0))
        + _message(ord("Z"), b"I")
    )


class _Scram:
    """A client's side of SCRAM-SHA-256."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        # Not by chance: a process that keeps the session for later histories would take it from the first of them alone.
        self._bare = b"n=,r=%d" % next(_numbers)

    def first(self) -> bytes:
        return _HEADER + self._bare

    def proof(self, challenge: bytes) -> bytes:
        said = dict(part.split(b"=", 1) for part in challenge.split(b","))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(said[b"s"]), int(said[b"i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = b"c=" + base64.b64encode(_HEADER) + b",r=" + said[b"r"]
        whole = b",".join((self._bare, challenge, final))
        signature = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
        return final + b",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))


def _messages(sock: socket.socket) -> Iterator[tuple[int, bytes]]:
    arrived = b""
    while data := sock.recv(_PIECE):
        arrived += data
        while len(arrived) >= 5 and len(arrived) > (length := int.from_bytes(arrived[1:5], "big")):
            yield arrived[0], arrived[5 : length + 1]
            arrived = arrived[length + 1 :]


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("!BI", kind, len(body) + 4) + body


def _password(body: bytes) -> bytes:
    return _message(ord("p"), body)


def _counted(body: bytes) -> bytes:
    return struct.pack("!i", len(body)) + body
