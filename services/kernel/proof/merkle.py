"""Build Merkle trees as in RFC 6962: a short path proves that one leaf is under a signed root.

Leaves and inner nodes are hashed with different first bytes, so that neither can be passed off as the other. Where a
level has an odd last node, it rises as it is; that is the RFC's tree, built from below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

LEAF, NODE = b"\x00", b"\x01"
EMPTY = hashlib.sha256(b"").digest()


def leaf(position: int, stream_id: str, version: int, chain: bytes) -> bytes:
    """The leaf of one event: where it stands in the log and in its stream, and its chain value (which covers the rest)."""
    digest = hashlib.sha256(LEAF)
    for part in (str(position).encode(), stream_id.encode(), str(version).encode(), chain):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours (RFC 6962 §2.1)."""
    return hashlib.sha256(NODE + left + right).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    above = [node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves in order; of none, sha256 of nothing."""
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def paths(leaves: Sequence[bytes], wanted: Collection[int]) -> dict[int, list[bytes]]:
    """For each wanted leaf index, the neighbours on its way to the root, from below."""
    found: dict[int, list[bytes]] = {index: [] for index in wanted}
    level: Sequence[bytes] = leaves
    height = 0
    while len(level) > 1:
        for index, path in found.items():
            neighbour = (index >> height) ^ 1
            if neighbour < len(level):
                path.append(level[neighbour])
        level = _above(level)
        height += 1
    return found


def root_from(index: int, size: int, start: bytes, path: Sequence[bytes]) -> bytes:
    """The root that leaf `start`, number `index` of `size`, has with these neighbours.

    Raises:
        ValueError: the path has not the length that such a tree asks for.

    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} does not exist in a tree of {size}")
    value, left = start, list(path)
    while size > 1:
        if index ^ 1 < size:
            if not left:
                raise ValueError("the path is too short")
            other = left.pop(0)
            value = node(other, value) if index % 2 else node(value, other)
        index, size = index // 2, (size + 1) // 2
    if left:
        raise ValueError("the path is too long")
    return value
