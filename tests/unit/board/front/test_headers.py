"""What a browser and a cache are told, and what of theirs is understood."""

import pytest

from services.board.front.headers import KEPT, has, policy, takes_gzip


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        (b"gzip", True),
        (b"gzip, deflate, br", True),
        (b"br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        (b"GZIP", True),
        (b"*", True),
        (b"", False),
        (b"identity", False),
        (b"gzip;q=0", False),
        (b"gzip;q=0.000, br", False),
        (b"*;q=0", False),
        (b"gzip;q=0, *", False),
        (b"gzip;q=much", False),
    ],
)
def test_compressed_bytes_go_to_whoever_asked_for_them_alone(accepted: bytes, *, taken: bool) -> None:
    assert takes_gzip(accepted) is taken


@pytest.mark.parametrize(
    ("wanted", "known"),
    [
        (b'"abc-1"', True),
        (b'"abc-1-gz"', True),
        (b'W/"abc-1"', True),
        (b'"x", W/"abc-1-gz"', True),
        (b"*", True),
        (b'"abc-2"', False),
        (b"abc", False),
        (b"", False),
    ],
)
def test_a_page_that_the_caller_has_is_known_compressed_or_not(wanted: bytes, *, known: bool) -> None:
    assert has(wanted, "abc-1") is known


def test_a_cache_may_show_what_it_has_for_a_day_while_nobody_answers() -> None:
    assert KEPT == (
        b"cache-control",
        b"public, max-age=15, s-maxage=15, stale-while-revalidate=60, stale-if-error=86400",
    )


def test_a_page_allows_its_own_style_and_nothing_else() -> None:
    assert policy(("'sha256-x'",))[1] == (
        b"default-src 'none'; style-src 'sha256-x'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'"
    )
    assert b"style-src" not in policy(())[1]
