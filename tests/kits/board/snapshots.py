"""A tiny site, its snapshots, and a disk that refuses."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.board.snapshot.disk import Disk
from services.board.snapshot.form import (
    ANSWER_MARK,
    AS_OF_MARK,
    QUERY_MARK,
    STALE_MARK,
    Page,
    Standing,
    answer_part,
    as_of_part,
    hit_part,
    missing_part,
    say_part,
    stale_part,
)
from services.board.snapshot.making import MadeSnapshot, SnapshotMaker
from services.board.utility import LANGUAGES

AS_OF = datetime(2026, 3, 5, 1, 12, tzinfo=UTC)


def html(words: str, language: str = "zh-CN", extra: bytes = b"") -> Page:
    """A page with all marks."""
    body = b"<body><style>p{color:#000}</style>%s<p>%s</p>%s<footer>%s</footer></body>"
    return Page(body=body % (STALE_MARK, words.encode(), extra, AS_OF_MARK), language=language)


def part(words: str, language: str = "zh-CN") -> Page:
    """A piece of a page."""
    return Page(body=words.encode(), language=language)


def small_site(now: str = "3处停电", said: str = "09:12") -> dict[str, Page]:
    """A home page, one outage, a feed, an operator's feed, and all parts, in both languages."""
    found: dict[str, Page] = {
        "/": html(now),
        "/en": html(f"{now} en", "en"),
        "/o/DJ-F-1": html("中山路"),
        "/off": html("我家停电了吗", extra=ANSWER_MARK),
        "/now/城东": html("城东"),
        "/feeds/notices.atom": Page(body=b"<feed/>", content_type="application/atom+xml"),
        "/t/mobile-east/outages.json": Page(body=b'{"sites":[]}', content_type="application/json"),
    }
    for language in LANGUAGES:
        found |= {
            stale_part(language): part(f'<p role="status">old since {said} {language}</p>', language),
            as_of_part(language): part(f"as of {said} {language}", language),
            missing_part(language): html(f"no such page {language}", language),
            answer_part(language): html(f"answer {language}", language, ANSWER_MARK),
            say_part("asked", language): part(f"<p>asked {language}: {QUERY_MARK.decode()}</p>", language),
            say_part("nothing", language): part(f"<p>nothing known {language}</p>", language),
            say_part("alike", language): part("<h2>alike</h2>", language),
            say_part("more", language): part("<p>more</p>", language),
            say_part("unclear", language): part("<p>unclear</p>", language),
            say_part("wait", language): part("<p>wait</p>", language),
            hit_part("DJ-F-1", language): part(f"<article>off: DJ-F-1 {language}</article>", language),
        }
    return found


def made(pages: Mapping[str, Page] | None = None) -> MadeSnapshot:
    """The snapshot of these pages."""
    return SnapshotMaker().make(small_site() if pages is None else pages)


def standing(of: MadeSnapshot, seconds: float = 0.0, age: float = 1.0) -> Standing:
    """What stands `seconds` after AS_OF, when its truth was `age` seconds old."""
    as_of = AS_OF + timedelta(seconds=seconds)
    return Standing(
        manifest=of.digest, as_of=as_of, made_at=as_of + timedelta(seconds=age), age_seconds=age, parts=of.parts
    )


class FullDisk(Disk):
    """Refuses the step of that number, counted from 0, and every write after it until `room` is made."""

    def __init__(self, at: int, *, partly: bool = True) -> None:
        self.at, self.partly = at, partly
        self.steps = 0
        self.full = False
        self.last_replaced: Path | None = None

    def write(self, path: Path, body: bytes) -> None:
        """Half of a file may be there before the disk is full."""
        self._step(path, body)
        super().write(path, body)

    def sync(self, path: Path) -> None:
        """A disk may say only now that it has no room."""
        self._step()
        super().sync(path)

    def replace(self, old: Path, now: Path) -> None:
        """A folder has no room for a name."""
        self._step()
        super().replace(old, now)
        self.last_replaced = now

    def _step(self, path: Path | None = None, body: bytes = b"") -> None:
        self.full = self.full or self.steps == self.at
        self.steps += 1
        if self.full:
            if path is not None and self.partly:
                path.write_bytes(body[: len(body) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
