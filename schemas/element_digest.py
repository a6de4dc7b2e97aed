"""Tell by a short word whether a network element, or a whole edition of a network, is said as it was said before."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import EARLIEST
from schemas.contracts.network import ModelRef, NetworkElement

DIGEST_BYTES: Final = 16
_SUMMED: Final = 8
_NO_EDITION = ModelRef(model_id="-", date=EARLIEST)
_ENCODER = msgspec.json.Encoder(order="deterministic")


def element_bytes(element: NetworkElement) -> bytes:
    """All that is said of an element, whichever edition of which model says so, the same bytes for the same."""
    return _ENCODER.encode(replace(element, model=_NO_EDITION))


def element_digest(element: NetworkElement) -> bytes:
    """A digest of that."""
    return blake2b(element_bytes(element), digest_size=DIGEST_BYTES).digest()


def summed(digest: bytes) -> int:
    """What a digest counts in a checksum: its first eight bytes as a signed number, which a table can hold and add."""
    return int.from_bytes(digest[:_SUMMED], "big", signed=True)


def checksum(sums: Iterable[int]) -> str:
    """The checksum of elements, by what the digest of each counts, or of parts of them; in whatever order."""
    return f"{sum(sums) % (1 << 64):016x}"
