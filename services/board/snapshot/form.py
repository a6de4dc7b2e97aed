"""What a snapshot is made of, and the places in a page that are filled in when it is served. Pure.

A page whose content did not change keeps its digest though time goes on: what moves with the clock (the line that says up to when
facts are known, the banner over facts that are old) is no part of it. Two marks stand where these belong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct, field

FORM: Final = 1
"""Of manifest and standing; a reader leaves alone what has a higher one."""

HTML: Final = "text/html; charset=utf-8"

STALE_MARK: Final = b"<!--board:stale-->"
"""Stands once in each HTML page, where the banner belongs."""

AS_OF_MARK: Final = b"<!--board:as-of-->"
"""Stands once in each HTML page, in its foot."""

ANSWER_MARK: Final = b"<!--board:answer-->"
"""Stands once in the page of the look-up, where what was found belongs."""

QUERY_MARK: Final = b"<!--board:query-->"
"""Where a part of the look-up repeats what was asked; filled in escaped."""

PARTS: Final = "/_parts/"
"""Below it lies what pages are put together from when they are served. Nobody can ask for it."""

LOOKUP: Final = f"{PARTS}lookup"
"""The look-up's index (services/board/lookup)."""

OPERATORS: Final = "/t/"
"""Below it, by the operator's name, lies what a telecom operator may read with its token and nobody else."""


Sentence = Literal["asked", "nothing", "alike", "more", "unclear", "wait"]
"""What the look-up says: what was asked (with `QUERY_MARK`); nothing is known, which does not mean that power is on; names that
are like it (a heading); there is more; ask for one place; too many questions, wait or call."""


class Page(Struct, frozen=True, kw_only=True):
    """The bytes of one path. What is not HTML has no marks."""

    body: bytes
    content_type: str = HTML
    language: str | None = None
    """The tag of its words (zh-CN, en); None: has none, or several."""


class ManifestEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands under one path."""

    digest: str
    """sha256 of the bytes, 64 hex digits."""

    content_type: str = HTML
    language: str | None = None


class Manifest(Struct, frozen=True, kw_only=True):
    """Every path of one snapshot. Its own name is the digest of its bytes (`packed`)."""

    paths: Mapping[str, ManifestEntry]
    form: int = FORM


class Standing(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which manifest stands, and how old the truth in it was when this was written. Written anew each round."""

    manifest: str
    as_of: datetime
    """Up to when every service knows all facts."""

    made_at: datetime
    """By the database's clock, as `age_seconds`: no clock of a process is asked."""

    age_seconds: float
    parts: Mapping[str, str] = field(default_factory=dict)
    """What is filled in, by the path of its part (`stale_part`, `as_of_part`)."""

    form: int = FORM


def stale_part(language: str) -> str:
    """The path of the banner that says that what stands here is old."""
    return f"{PARTS}stale.{language}.html"


def as_of_part(language: str) -> str:
    """The path of the line that says up to when facts are known."""
    return f"{PARTS}as-of.{language}.html"


def missing_part(language: str) -> str:
    """The path of the whole page that says that there is no such page."""
    return f"{PARTS}missing.{language}.html"


def answer_part(language: str) -> str:
    """The path of the whole page on which the look-up answers."""
    return f"{PARTS}answer.{language}.html"


def hit_part(mrid: str, language: str) -> str:
    """The path of what the look-up shows of one open outage or notice in force."""
    return f"{PARTS}hit/{mrid}.{language}.html"


def say_part(sentence: Sentence, language: str) -> str:
    """The path of one of the look-up's sentences."""
    return f"{PARTS}say/{sentence}.{language}.html"


def moves(path: str) -> bool:
    """Whether a path is a part that is made anew each round, and so belongs to the standing and to no manifest."""
    return path.startswith((f"{PARTS}stale.", f"{PARTS}as-of."))


def is_public(path: str) -> bool:
    """Whether anybody may ask for it."""
    return not path.startswith((PARTS, OPERATORS))


def digest_of(body: bytes) -> str:
    """The name of these bytes."""
    return hashlib.sha256(body).hexdigest()


def packed(form: Manifest | Standing) -> bytes:
    """The same bytes for the same content: paths in order."""
    return msgspec.json.encode(form, order="sorted")
