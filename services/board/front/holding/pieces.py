"""Put a page together from pieces that were compressed once, so that what moves with the clock costs nothing.

A gzip body may be made of deflate blocks compressed apart from each other, if each ends at a whole byte (RFC 1951, 3.2.4; zlib's
full flush) and none points back into another; around them stand gzip's head and the checksum over all.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LAST_BLOCK: Final = b"\x03\x00"
"""An empty block that says that it is the last."""

_LEVEL: Final = 6
_LONGEST_STORED: Final = 0xFFFF


class Piece:
    """Bytes that never change, compressed when first asked for."""

    __slots__ = ("_deflated", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """As deflate blocks that end at a whole byte."""
        if self._deflated is None:
            maker = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            self._deflated = maker.compress(self.raw) + maker.flush(zlib.Z_FULL_FLUSH) if self.raw else b""
        return self._deflated


class PassingPiece(Piece):
    """A few bytes for one answer: stored as they are, which costs less than to compress them."""

    __slots__ = ()

    @property
    def deflated(self) -> bytes:
        """As deflate blocks that are not compressed."""
        blocks = []
        for start in range(0, len(self.raw), _LONGEST_STORED):
            part = self.raw[start : start + _LONGEST_STORED]
            blocks += [struct.pack("<BHH", 0, len(part), len(part) ^ 0xFFFF), part]
        return b"".join(blocks)


def raw(pieces: Iterable[Piece]) -> bytes:
    """The pieces, one after the other."""
    return b"".join(piece.raw for piece in pieces)


def gzipped(pieces: Sequence[Piece]) -> bytes:
    """The same as one gzip body."""
    check = size = 0
    for piece in pieces:
        check = zlib.crc32(piece.raw, check)
        size += len(piece.raw)
    ending = _LAST_BLOCK + struct.pack("<LL", check, size & 0xFFFFFFFF)
    return b"".join((_HEAD, *(piece.deflated for piece in pieces), ending))
