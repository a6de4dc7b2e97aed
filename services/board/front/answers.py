"""Answer a request by raw ASGI: one start, one body, headers made beforehand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

from services.board.front.headers import (
    FOR_ALL_SITES,
    GZIP,
    KEPT,
    NOT_KEPT,
    SAFE,
    VARY,
    Headers,
    has,
    one_of,
    policy,
    quoted,
    takes_gzip,
)
from services.board.front.holding.held import Fillings, HeldPage, HeldSite, passing
from services.board.front.holding.pieces import gzipped, raw
from services.board.snapshot.form import HTML

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

OK: Final = 200
NOT_MODIFIED: Final = 304


async def send(out: Send, status: int, headers: Headers, body: bytes, *, head: bool = False) -> int:
    """One whole answer; `head`: without its body. Returns the status."""
    headers.append((b"content-length", str(len(body)).encode()))
    await out({"type": "http.response.start", "status": status, "headers": headers})
    await out({"type": "http.response.body", "body": b"" if head else body})
    return status


async def page(scope: Scope, out: Send, site: HeldSite, held: HeldPage, *, stale: bool, private: bool = False) -> int:
    """A page of the snapshot, or 304 where the caller has it. `private`: for one reader alone."""
    state, fillings = site.parts(held.language).now(stale=stale)
    filled = held.filled(state, fillings)
    asked = scope["headers"]
    gzip = takes_gzip(one_of(asked, b"accept-encoding"))
    headers: Headers = [NOT_KEPT if private else KEPT, VARY, quoted(filled.etag, gzip=gzip), *SAFE]
    wanted = one_of(asked, b"if-none-match")
    if wanted and has(wanted, filled.etag):
        await out({"type": "http.response.start", "status": NOT_MODIFIED, "headers": headers})
        await out({"type": "http.response.body"})
        return NOT_MODIFIED
    headers += [(b"content-type", held.content_type.encode()), policy(held.styles)]
    if not private and held.content_type != HTML:
        headers.append(FOR_ALL_SITES)
    if gzip:
        headers.append(GZIP)
    return await send(out, OK, headers, held.gzip(filled) if gzip else filled.raw, head=scope["method"] == "HEAD")


async def passing_page(
    scope: Scope,
    out: Send,
    site: HeldSite,
    held: HeldPage,
    *,
    stale: bool,
    status: int = OK,
    also: Fillings | None = None,
    more: Sequence[tuple[bytes, bytes]] = (),
) -> int:
    """A page made for this one answer, which nobody keeps. `also`: what is filled in beside the banner and the time."""
    _, fillings = site.parts(held.language).now(stale=stale)
    pieces = held.put_together({**fillings, **(also or {})})
    headers: Headers = [
        NOT_KEPT,
        VARY,
        *SAFE,
        (b"content-type", held.content_type.encode()),
        policy(held.styles),
        *more,
    ]
    gzip = takes_gzip(one_of(scope["headers"], b"accept-encoding"))
    if gzip:
        headers.append(GZIP)
    body = gzipped(pieces) if gzip else raw(pieces)
    return await send(out, status, headers, body, head=scope["method"] == "HEAD")


async def plain(
    scope: Scope,
    out: Send,
    status: int,
    words: str,
    more: Mapping[bytes, bytes] | None = None,
    content_type: str = HTML,
) -> int:
    """A few words of our own."""
    headers: Headers = [NOT_KEPT, *SAFE, (b"content-type", content_type.encode()), policy(()), *(more or {}).items()]
    return await send(out, status, headers, passing(words).raw, head=scope["method"] == "HEAD")
