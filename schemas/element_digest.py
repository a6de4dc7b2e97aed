"""Tell by a short word whether a network element, or a whole edition of a network, is said as it was said before."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import EARLIEST
from schemas.contracts.network import ModelRef, NetworkElement, NetworkModelImported

DIGEST_BYTES: Final = 16
_SUMMED: Final = 8
_NO_EDITION = ModelRef(model_id="-", date=EARLIEST)
_ENCODER = msgspec.json.Encoder(order="deterministic")


def element_bytes(element: NetworkElement) -> bytes:
    """All that is said of an element, whichever edition of which model says so, the same bytes for the same."""
    return _ENCODER.encode(replace(element, model=_NO_EDITION))


def digest_of_bytes(said: bytes) -> bytes:
    """A digest of that."""
    return blake2b(said, digest_size=DIGEST_BYTES).digest()


def element_digest(element: NetworkElement) -> bytes:
    """A digest of an element, whichever edition says it."""
    return digest_of_bytes(element_bytes(element))


def summed(digest: bytes) -> int:
    """What a digest counts in a checksum: its first eight bytes as a signed number, which a table can hold and add."""
    return int.from_bytes(digest[:_SUMMED], "big", signed=True)


def checksum(sums: Iterable[int]) -> str:
    """The checksum of elements, by what the digest of each counts, or of parts of them; in whatever order."""
    return f"{sum(sums) % (1 << 64):016x}"


def edition_of(elements: Iterable[NetworkElement], model: ModelRef, imported_at: datetime) -> NetworkModelImported:
    """The word that these are an edition whole."""
    sums = [summed(element_digest(element)) for element in elements]
    return edition(model, len(sums), sums, imported_at)


def edition(
    model: ModelRef, elements: int, sums: Iterable[int], imported_at: datetime, imported_by: str | None = None
) -> NetworkModelImported:
    """The same of so many, by what their digests count, or parts of them."""
    return NetworkModelImported(
        model_id=model.model_id,
        date=model.date,
        elements=elements,
        checksum=checksum(sums),
        imported_at=imported_at,
        imported_by=imported_by,
    )
