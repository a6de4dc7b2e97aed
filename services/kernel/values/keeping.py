"""Encode states made of dataclasses and contracts as JSON and decode them, for snapshots.

JSON, so that instants keep the offset they were written with: a view made from a kept state is the one a replay gives.
A sorted set is kept leaf by leaf: leaves that have not changed since they were kept are not encoded again, and those that
nobody looks into after a restart are never decoded. So neither costs what the whole history weighs.
"""

from base64 import b64decode
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

from services.kernel.values.sortedset import Leaf, SortedSet

T = TypeVar("T")

_Leaves = tuple[bytes, list[int], list[bytes]]
"""The last items of the leaves as JSON, how many items each has, and their items as JSON."""


class Keeper(Generic[T]):
    """Bytes of values of one type and back."""

    def __init__(self, kind: type[T]) -> None:
        self._encoder = msgspec.json.Encoder(enc_hook=_plain)
        self._decoder: Any = msgspec.json.Decoder(kind, dec_hook=_typed)

    def dump(self, value: T) -> bytes:
        """The value, whole."""
        return self._encoder.encode(value)

    def restore(self, kept: bytes) -> T:
        """The value again.

        Raises:
            msgspec.MsgspecError: the bytes are not those of such a value.

        """
        found: T = self._decoder.decode(kept)
        return found


def _plain(value: Any) -> bytes:
    if not isinstance(value, SortedSet):
        raise NotImplementedError(type(value).__name__)
    encode = msgspec.json.encode
    leaves = [leaf.raw(encode) for leaf in value.leaves]
    return msgspec.msgpack.encode((encode(value.lasts), [leaf.size for leaf in value.leaves], leaves))


@cache
def _items(item: Any) -> Any:
    return msgspec.json.Decoder(list[item]).decode


_leaves: Any = msgspec.msgpack.Decoder(_Leaves).decode


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) is not SortedSet:
        raise NotImplementedError(str(kind))
    decode = _items(get_args(kind)[0])
    lasts, sizes, raws = _leaves(b64decode(value))
    return SortedSet.of(
        [Leaf(None, raw, size, decode) for raw, size in zip(raws, sizes, strict=True)],
        decode(lasts),
    )
