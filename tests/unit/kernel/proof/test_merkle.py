"""A leaf's path leads to the root, and to no other; the tree is RFC 6962's."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.proof.merkle import EMPTY, leaf, node, paths, root, root_from


def leaves(count: int) -> list[bytes]:
    return [leaf(n * 3 + 1, f"outage/{n}", 1, hashlib.sha256(str(n).encode()).digest()) for n in range(count)]


def rfc(items: list[bytes]) -> bytes:
    """The tree as RFC 6962 §2.1 defines it: split at the largest power of two below the size."""
    if len(items) < 2:
        return items[0] if items else EMPTY
    at = 1 << ((len(items) - 1).bit_length() - 1)
    return node(rfc(items[:at]), rfc(items[at:]))


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    assert root(leaves(count)) == rfc(leaves(count))


@given(st.data(), st.integers(1, 200))
def test_every_leaf_has_a_path_to_the_root_and_only_from_its_own_place(data: st.DataObject, count: int) -> None:
    items = leaves(count)
    index = data.draw(st.integers(0, count - 1))
    path = paths(items, [index])[index]
    assert root_from(index, count, items[index], path) == root(items)
    other = data.draw(st.integers(0, count - 1))
    if other != index:
        assert _root_or_none(other, count, items[index], path) != root(items)
        assert _root_or_none(index, count, items[other], path) != root(items)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
        assert root_from(index, count, items[index], changed) != root(items)


def _root_or_none(index: int, size: int, start: bytes, path: list[bytes]) -> bytes | None:
    try:
        return root_from(index, size, start, path)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("index", "size", "steps"), [(0, 0, 0), (2, 2, 1), (-1, 2, 1), (0, 2, 0), (0, 2, 2), (2, 3, 2)]
)
def test_a_path_of_another_length_or_place_is_refused(index: int, size: int, steps: int) -> None:
    with pytest.raises(ValueError, match=r"leaf|path"):
        root_from(index, size, b"x" * 32, [b"y" * 32] * steps)


def test_a_leaf_is_bound_to_its_position_stream_version_and_chain() -> None:
    chain = b"c" * 32
    made = {leaf(1, "outage/1", 2, chain), leaf(2, "outage/1", 2, chain), leaf(1, "outage/2", 2, chain)}
    made |= {leaf(1, "outage/1", 3, chain), leaf(1, "outage/1", 2, b"d" * 32)}
    assert len(made) == 5
    assert leaf(1, "1outage/1", 2, chain) != leaf(11, "outage/1", 2, chain), "parts carry their lengths"
