"""The front as one raw ASGI application: what is asked for, and who answers it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import structlog

from services.board.front import answers
from services.board.front.addresses import AddressLimit, Trusted, caller
from services.board.front.answers import Receive, Scope, Send
from services.board.front.headers import one_of
from services.board.front.holding.following import Follower
from services.board.front.holding.held import HeldSite
from services.board.front.looking_up import PATH, LookUp, asks_for_a_place
from services.board.front.metrics import FrontMetrics, Kind
from services.board.front.operators import OperatorTokens
from services.board.front.unavailable import unavailable
from services.board.snapshot.form import OPERATORS, is_public, missing_part
from services.board.utility import LANGUAGES, Utility

log = structlog.get_logger(__name__)

READS: Final = frozenset({"GET", "HEAD"})
MOVED, UNKNOWN, NOT_FOUND, NOT_ALLOWED, FAILED, UNAVAILABLE = 308, 401, 404, 405, 500, 503
RETRY: Final = {b"retry-after": b"10"}
PLAIN: Final = "text/plain; charset=utf-8"
_OFF: Final = {f"/{language}{PATH}" if language != LANGUAGES[0] else PATH: language for language in LANGUAGES}


class Front:
    """Answers from what the follower holds. Nothing here waits for anybody."""

    def __init__(
        self,
        following: Follower,
        utility: Utility,
        metrics: FrontMetrics,
        *,
        look_up: LookUp,
        operators: OperatorTokens,
        tries: AddressLimit,
        trusted: Trusted = (),
    ) -> None:
        self._following, self._metrics = following, metrics
        self._look_up, self._operators, self._tries, self._trusted = look_up, operators, tries, trusted
        self._unavailable = unavailable(utility)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        begun = False

        async def out(message: answers.Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        kind: Kind
        try:
            kind, status = await self._answer(scope, receive, out)
        except Exception as error:
            log.error("a request could not be answered", kind=type(error).__name__, exc_info=error)
            if begun:
                raise
            kind, status = "failed", await answers.plain(scope, send, FAILED, self._unavailable)
        self._metrics.answered(kind, status)

    async def _answer(self, scope: Scope, receive: Receive, out: Send) -> tuple[Kind, int]:
        path: str = scope["path"]
        method: str = scope["method"]
        site = self._following.site
        if site is None:
            return "unavailable", await answers.plain(scope, out, UNAVAILABLE, self._unavailable, RETRY)
        stale = self._following.freshness.stale
        language = _OFF.get(path)
        if language is not None and method == "POST":
            return await self._point(scope, receive, out, site, language, stale=stale)
        if method not in READS:
            allow = b"GET, HEAD, POST" if language is not None else b"GET, HEAD"
            return "refused", await answers.plain(scope, out, NOT_ALLOWED, "", {b"allow": allow}, PLAIN)
        if language is not None and asks_for_a_place(scope):
            status, outcome = await self._look_up.place(scope, out, site, language, self._caller(scope), stale=stale)
            self._metrics.looked_up(outcome)
            return "lookup", status
        if path.startswith(OPERATORS):
            return await self._operator(scope, out, site, path, stale=stale)
        page = site.paths.get(path)
        if page is not None and is_public(path):
            return "page", await answers.page(scope, out, site, page, stale=stale)
        return await self._missing(scope, out, site, path, stale=stale)

    async def _point(
        self, scope: Scope, receive: Receive, out: Send, site: HeldSite, language: str, *, stale: bool
    ) -> tuple[Kind, int]:
        address = self._caller(scope)
        status, outcome = await self._look_up.point(scope, receive, out, site, language, address, stale=stale)
        self._metrics.looked_up(outcome)
        return "lookup", status

    async def _operator(self, scope: Scope, out: Send, site: HeldSite, path: str, *, stale: bool) -> tuple[Kind, int]:
        """An operator's own feed. Who has no token for it learns nothing, not even whether there is such an operator."""
        scheme, _, token = one_of(scope["headers"], b"authorization").decode("latin-1").partition(" ")
        asked = path.removeprefix(OPERATORS).partition("/")[0]
        known = self._operators.of(token.strip()) if scheme.lower() == "bearer" and token else None
        if known is None or known != asked:
            if not self._tries.takes(self._caller(scope)):
                return "refused", await answers.plain(scope, out, 429, "", {b"retry-after": b"60"}, PLAIN)
            challenge = {b"www-authenticate": b"Bearer"}
            return "refused", await answers.plain(
                scope, out, UNKNOWN, "a token of this operator is needed\n", challenge, PLAIN
            )
        page = site.paths.get(path)
        if page is None:
            return "missing", await answers.plain(scope, out, NOT_FOUND, "there is no such feed\n", None, PLAIN)
        return "operator", await answers.page(scope, out, site, page, stale=stale, private=True)

    async def _missing(self, scope: Scope, out: Send, site: HeldSite, path: str, *, stale: bool) -> tuple[Kind, int]:
        plain = path.rstrip("/")
        if plain != path and plain in site.paths and is_public(plain):
            to = {b"location": quote(plain).encode()}
            return "page", await answers.plain(scope, out, MOVED, "", to, PLAIN)
        page = site.paths.get(missing_part(language_of(path)))
        if page is None:
            return "missing", await answers.plain(scope, out, NOT_FOUND, "", None, PLAIN)
        return "missing", await answers.passing_page(scope, out, site, page, stale=stale, status=NOT_FOUND)

    def _caller(self, scope: Scope) -> str:
        peer = scope.get("client")
        forwarded = b", ".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        return caller(peer[0] if peer else "", forwarded.decode("latin-1"), self._trusted)


def language_of(path: str) -> str:
    """The language whose prefix a path has."""
    first = path.split("/", 2)[1] if "/" in path else ""
    return first if first in LANGUAGES[1:] else LANGUAGES[0]
