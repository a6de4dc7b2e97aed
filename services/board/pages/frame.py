"""Put a page into its frame: head, navigation, foot, and the one style sheet whose hash the front allows."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.board.domain.public import Board
from services.board.pages.saying import Saying
from services.board.pages.words import words_of
from services.board.snapshot.form import ANSWER_MARK, AS_OF_MARK, STALE_MARK, Page
from services.board.utility import HEADINGS, LANGUAGES, Utility

_HERE: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _mark(mark: bytes) -> Markup:
    return Markup(mark.decode())  # noqa: S704 - our own


def localized(path: str, language: str) -> str:
    """The path of a page in a language: the first has no prefix."""
    return path if language == LANGUAGES[0] else f"/{language}{path}".rstrip("/")


@cache
def style_of(utility_accent: str) -> str:
    """The style sheet in the utility's colour."""
    lines = (_HERE / "style.css").read_text(encoding="utf-8").replace("ACCENT", utility_accent).splitlines()
    return "".join(line.strip() for line in lines)


def style_hash(utility: Utility) -> str:
    """What `style-src` of the Content-Security-Policy must allow: sha256- and the digest in base64."""
    digest = sha256(style_of(utility.colours.accent).encode()).digest()
    return f"sha256-{b64encode(digest).decode()}"


class Frame:
    """Renders templates in one language."""

    def __init__(self, board: Board, utility: Utility, language: str) -> None:
        self.language, self.board, self.utility = language, board, utility
        self.words = words_of(language)
        self.saying = Saying(self.words, board.as_of, ZoneInfo(board.zone))
        others = [one for one in LANGUAGES if one != language]
        self._other = others[0]
        self._common: dict[str, Any] = {
            "w": self.words,
            "s": self.saying,
            "to": lambda path: localized(path, language),
            "lang": language,
            "other_lang": self._other,
            "utility": utility.named(language),
            "hotline": utility.hotline,
            "links": {key: getattr(utility.links, key) for key in HEADINGS},
            "headings": HEADINGS,
            "marks": {"stale": _mark(STALE_MARK), "as_of": _mark(AS_OF_MARK), "answer": _mark(ANSWER_MARK)},
            # Our own file.
            "style": Markup(style_of(utility.colours.accent)),  # noqa: S704
        }

    def page(self, template: str, here: str | None, title: str, **values: Any) -> Page:
        """The page at `here` (without its language); None: at whatever address, with no other language to go to."""
        other = localized(here, self._other) if here is not None else None
        body = self.html(template, here=here, other=other, title=title, **values)
        return Page(body=body.encode(), language=self.language)

    def part(self, html: str) -> Page:
        """A piece of a page."""
        return Page(body=html.encode(), language=self.language)

    def html(self, template: str, **values: Any) -> str:
        """A template by itself."""
        return _TEMPLATES.get_template(f"{template}.html.jinja").render({**self._common, **values})

    def at(self, instant: datetime) -> str:
        """An instant in words."""
        return self.saying.at(instant)
