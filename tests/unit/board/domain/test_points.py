"""Usage points are compared by digests, however they are written; with another salt nothing is to be compared."""

from services.board.domain.points import point_digest, point_digests

SALT, OTHER = b"a" * 32, b"b" * 32


def test_one_number_has_one_digest_however_it_is_written() -> None:
    assert point_digest("UP-10018", SALT) == point_digest(" ｕｐ－10018 ", SALT)
    assert point_digest("UP-10018", SALT) != point_digest("UP-10019", SALT)


def test_another_salt_makes_others() -> None:
    assert point_digest("UP-10018", SALT) != point_digest("UP-10018", OTHER)


def test_what_shows_nothing_is_nobody_s_number() -> None:
    assert point_digest("\u200b", SALT) == b""
    assert point_digests(("", "\u200b"), SALT) == frozenset()
