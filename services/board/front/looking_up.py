"""Answer "is my power off?" from memory: a place by GET, a usage point's number by POST so that it stands in no address and no log.

Nothing is kept, nothing is logged. What is too long or comes too often is refused before it is read.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import Final, Literal
from urllib.parse import parse_qs, quote

from services.board.front import answers
from services.board.front.addresses import AddressLimit
from services.board.front.answers import Receive, Scope, Send
from services.board.front.headers import one_of
from services.board.front.holding.held import HeldPage, HeldSite, passing
from services.board.front.holding.pieces import Piece
from services.board.lookup.finding import Found
from services.board.snapshot.form import ANSWER_MARK, QUERY_MARK, Sentence, answer_part, hit_part, say_part
from services.board.utility import LANGUAGES

PATH: Final = "/off"
MOST_BYTES: Final = 1_000
"""Of a question, percent-encoded: 60 Chinese characters have 540."""

BODY_SECONDS: Final = 10.0
TOO_LONG: Final = 413
TOO_MANY: Final = 429
RETRY: Final = (b"retry-after", b"60")

Outcome = Literal["found", "alike", "nothing", "unclear", "refused"]


class TooLong(Exception):
    """The question has more than MOST_BYTES."""


class LookUp:
    """The endpoint. `places`, `points`: how often one address may ask for either."""

    def __init__(self, places: AddressLimit, points: AddressLimit) -> None:
        self._places, self._points = places, points

    async def place(
        self, scope: Scope, out: Send, site: HeldSite, language: str, address: str, *, stale: bool
    ) -> tuple[int, Outcome]:
        """Answer `?q=`."""
        if not self._places.takes(address):
            return await _wait(scope, out, site, language, stale=stale)
        query: bytes = scope["query_string"]
        if len(query) > MOST_BYTES:
            return await _refuse(scope, out, site, language, stale=stale)
        found = site.finder.place(_field(query, "q"))
        return await _say(scope, out, site, language, found, stale=stale)

    async def point(
        self, scope: Scope, receive: Receive, out: Send, site: HeldSite, language: str, address: str, *, stale: bool
    ) -> tuple[int, Outcome]:
        """Answer a form's `point`."""
        if not self._points.takes(address):
            return await _wait(scope, out, site, language, stale=stale)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(scope, receive)
        except (TooLong, TimeoutError):
            return await _refuse(scope, out, site, language, stale=stale)
        found = site.finder.point(_field(body, "point"))
        return await _say(scope, out, site, language, found, stale=stale)


def asks_for_a_place(scope: Scope) -> bool:
    """Whether a GET is a question; else it is for the page with the form."""
    query: bytes = scope["query_string"]
    return query.startswith(b"q=") or b"&q=" in query


async def _body(scope: Scope, receive: Receive) -> bytes:
    declared = one_of(scope["headers"], b"content-length")
    if not declared.isdigit() and declared:
        raise TooLong
    if declared and (len(declared) > len(str(MOST_BYTES)) or int(declared) > MOST_BYTES):
        raise TooLong
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # the caller is gone
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise TooLong
        if not message.get("more_body"):
            return bytes(body)


def _field(encoded: bytes, name: str) -> str:
    try:
        fields = parse_qs(encoded.decode("latin-1"), max_num_fields=8, errors="replace")
    except ValueError:
        return ""
    return fields.get(name, [""])[0]


async def _say(
    scope: Scope, out: Send, site: HeldSite, language: str, found: Found, *, stale: bool
) -> tuple[int, Outcome]:
    pieces: list[Piece] = []
    if found.asked:
        pieces += _sentence(site, "asked", language, passing(escape(found.asked)))
    if found.verdict == "found":
        pieces += [piece for mrid in found.things for piece in _part(site, hit_part(mrid, language))]
        if found.more:
            pieces += _sentence(site, "more", language)
    elif found.verdict == "unclear":
        pieces += _sentence(site, "unclear", language)
    else:
        # Whoever asks for 中山路 must see 中山路一带 before they read that nothing is known.
        if found.alike:
            pieces += [*_sentence(site, "alike", language), _links(scope["path"], found.alike)]
        pieces += _sentence(site, "nothing", language)
    status = await _answer(scope, out, site, language, pieces, stale=stale)
    return status, found.verdict


async def _wait(scope: Scope, out: Send, site: HeldSite, language: str, *, stale: bool) -> tuple[int, Outcome]:
    pieces = _sentence(site, "wait", language)
    return await _answer(scope, out, site, language, pieces, stale=stale, status=TOO_MANY), "refused"


async def _refuse(scope: Scope, out: Send, site: HeldSite, language: str, *, stale: bool) -> tuple[int, Outcome]:
    pieces = _sentence(site, "unclear", language)
    return await _answer(scope, out, site, language, pieces, stale=stale, status=TOO_LONG), "refused"


async def _answer(
    scope: Scope,
    out: Send,
    site: HeldSite,
    language: str,
    pieces: list[Piece],
    *,
    stale: bool,
    status: int = answers.OK,
) -> int:
    page = site.paths.get(answer_part(language))
    more = (RETRY,) if status == TOO_MANY else ()
    if page is None:
        return await answers.plain(scope, out, status, b"".join(piece.raw for piece in pieces).decode(), dict(more))
    also = {ANSWER_MARK: _JoinedPiece(pieces)}
    return await answers.passing_page(scope, out, site, page, stale=stale, status=status, also=also, more=more)


def _sentence(site: HeldSite, sentence: Sentence, language: str, query: Piece | None = None) -> list[Piece]:
    return _part(site, say_part(sentence, language), query)


def _part(site: HeldSite, path: str, query: Piece | None = None) -> list[Piece]:
    held: HeldPage | None = site.paths.get(path)
    if held is None:
        return []
    return list(held.put_together({QUERY_MARK: query} if query is not None else {}))


def _links(path: str, names: tuple[str, ...]) -> Piece:
    """A link for each name, to the same question about it. Names of places are in the first language and not translated."""
    rows = (f'<li><a lang="{LANGUAGES[0]}" href="{path}?q={quote(name)}">{escape(name)}</a></li>' for name in names)
    return passing(f"<ul>{''.join(rows)}</ul>")


class _JoinedPiece(Piece):
    """Several pieces where one belongs."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: list[Piece]) -> None:
        super().__init__(b"".join(piece.raw for piece in pieces))
        self._pieces = pieces

    @property
    def deflated(self) -> bytes:
        """See Piece."""
        return b"".join(piece.deflated for piece in self._pieces)
