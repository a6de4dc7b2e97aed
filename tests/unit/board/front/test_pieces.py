"""A page put together from pieces that were compressed apart is one page, compressed or not."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from services.board.front.holding.pieces import PassingPiece, Piece, gzipped, raw

pieces = st.lists(
    st.builds(Piece, st.binary(max_size=400)) | st.builds(PassingPiece, st.binary(max_size=400)), max_size=8
)


@given(pieces)
def test_what_is_compressed_reads_as_what_is_not(some: list[Piece]) -> None:
    assert gzip.decompress(gzipped(some)) == raw(some)
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert reader.decompress(gzipped(some)) == raw(some)
    assert reader.eof
    assert reader.unused_data == b"", "one member: not every reader takes several"


def test_a_long_piece_for_one_answer_is_stored_in_several_blocks() -> None:
    long = bytes(range(256)) * 1_000
    assert gzip.decompress(gzipped([Piece(b"a"), PassingPiece(long), Piece(b"z")])) == b"a" + long + b"z"


def test_a_piece_is_compressed_once() -> None:
    piece = Piece(b"p" * 10_000)
    assert piece.deflated is piece.deflated
    assert len(piece.deflated) < 200
