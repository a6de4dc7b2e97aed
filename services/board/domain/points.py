"""Compare usage points (户号) without holding one: by a keyed digest, where they are read and where one is asked for. Pure."""

from hashlib import blake2b
from typing import Final

from services.places import normal

SIZE: Final = 16  # bytes
SALT_SIZE: Final = 32  # bytes


def point_digest(number: str, salt: bytes) -> bytes:
    """The digest of a usage point's number, however it is written; b"" of one that shows nothing, which is nobody's."""
    form = normal(number)
    return blake2b(form.encode("utf-8", "surrogatepass"), key=salt, digest_size=SIZE).digest() if form else b""


def point_digests(numbers: tuple[str, ...], salt: bytes) -> frozenset[bytes]:
    """Those of several."""
    return frozenset(point_digest(number, salt) for number in numbers) - {b""}
