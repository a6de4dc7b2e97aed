"""The headers of every answer: what a browser may do with a page, and how long anybody may keep it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Headers = list[tuple[bytes, bytes]]

KEPT: Final = (b"cache-control", b"public, max-age=15, s-maxage=15, stale-while-revalidate=60, stale-if-error=86400")
"""RFC 5861: a cache shows what it has while it asks anew, and for a day while nobody answers."""

NOT_KEPT: Final = (b"cache-control", b"no-store")
VARY: Final = (b"vary", b"accept-encoding")
GZIP: Final = (b"content-encoding", b"gzip")
FOR_ALL_SITES: Final = (b"access-control-allow-origin", b"*")
"""Feeds may be read by the script of any other page: there is nothing private in them."""

SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # The question of a look-up stands in the address: no other site is told of it.
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


@lru_cache(maxsize=64)
def policy(styles: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The Content-Security-Policy of a page with these style sheets in it, and no script at all."""
    style = f"style-src {' '.join(styles)}; " if styles else ""
    words = (
        f"default-src 'none'; {style}img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return b"content-security-policy", words.encode()


@lru_cache(maxsize=256)
def takes_gzip(accepted: bytes) -> bool:
    """Whether Accept-Encoding has gzip, with a weight other than 0 (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        coding, _, weight = part.partition(";")
        try:
            weights[coding.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            return False
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def has(wanted: bytes, etag: str) -> bool:
    """Whether If-None-Match names this page, compressed or not (RFC 9110, 13.1.2: compared weakly)."""
    if wanted.strip() == b"*":
        return True
    names = (one.strip().removeprefix("W/").strip('"') for one in wanted.decode("latin-1").split(","))
    return any(name.removesuffix("-gz") == etag for name in names)


def quoted(etag: str, *, gzip: bool) -> tuple[bytes, bytes]:
    """The ETag header: strong, so another one for the compressed body."""
    return b"etag", f'"{etag}-gz"'.encode() if gzip else f'"{etag}"'.encode()


def one_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The value of a request's header; empty where it has none."""
    return next((value for found, value in headers if found == name), b"")
