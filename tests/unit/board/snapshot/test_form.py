"""A snapshot says what it holds by digests, and keeps apart what moves with the clock and what is not for everybody."""

from datetime import UTC, datetime

import msgspec
import pytest

from services.board.snapshot.form import (
    Manifest,
    ManifestEntry,
    Standing,
    answer_part,
    as_of_part,
    digest_of,
    hit_part,
    is_public,
    missing_part,
    moves,
    packed,
    say_part,
    stale_part,
)

AT = datetime(2026, 3, 5, 1, 12, tzinfo=UTC)


def test_the_same_pages_make_the_same_manifest_in_whatever_order_they_come() -> None:
    one, other = ManifestEntry(digest=digest_of(b"home")), ManifestEntry(digest=digest_of(b"now"))
    assert packed(Manifest(paths={"/": one, "/now": other})) == packed(Manifest(paths={"/now": other, "/": one}))
    assert packed(Manifest(paths={"/": one})) != packed(Manifest(paths={"/": other}))


def test_manifest_and_standing_are_read_back_as_they_were_written() -> None:
    manifest = Manifest(paths={"/en/now/城东": ManifestEntry(digest=digest_of(b"x"), language="en")})
    assert msgspec.json.decode(packed(manifest), type=Manifest) == manifest
    standing = Standing(
        manifest="a" * 64, as_of=AT, made_at=AT, age_seconds=1.5, parts={stale_part("en"): "<p>old</p>"}
    )
    assert msgspec.json.decode(packed(standing), type=Standing) == standing


@pytest.mark.parametrize("path", [stale_part("zh-CN"), as_of_part("en")])
def test_what_says_the_time_belongs_to_the_standing(path: str) -> None:
    assert moves(path)


@pytest.mark.parametrize(
    "path",
    ["/", "/stale", missing_part("en"), answer_part("zh-CN"), hit_part("DJ-F-1", "en"), say_part("nothing", "en")],
)
def test_what_says_the_truth_belongs_to_the_manifest(path: str) -> None:
    assert not moves(path)


def test_parts_and_what_is_an_operators_are_not_for_everybody() -> None:
    assert not is_public(hit_part("DJ-F-1", "en"))
    assert not is_public("/t/mobile-east/outages.json")
    assert is_public("/")
    assert is_public("/timetable")
