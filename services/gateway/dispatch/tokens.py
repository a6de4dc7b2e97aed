"""Check who may say what over HTTP: bearer tokens, known only by their sha256, from a TOML file that may change any time.

    [token.scada-east]
    sha256 = "9f86d0…"                      # of the token; the token itself is nowhere
    sources = ["/dispatch/east", "/oms/*"]  # exact, everything below a prefix, or "*"
    types = ["outage.started.v1"]           # or "*", which does not cover notice.shown.v1 and notice.unreadable.v1
    rate = 200                              # events a second, if not the default

A sha256 without salt is enough: a token is 32 random bytes, which nobody finds by trying.
"""

import hashlib
import hmac
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import structlog

from schemas.citation import is_ours
from services.gateway.dispatch.spoken import NAMED_ALONE, TYPES
from services.sms_gateway.naming import SOURCE

log = structlog.get_logger(__name__)

PREFIX = "outage_"
ANY = "*"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
# Ids of our events follow from what caused them: who took one first would keep the real one out.
PROVIDERS = ("/twilio", SOURCE)
SHA256 = re.compile(r"[0-9a-f]{64}")
FIELDS = frozenset({"sha256", "sources", "types", "rate"})
LARGEST_BYTES = 1_000_000
FASTEST = 1_000_000


class TokenFileError(ValueError):
    """A token file is wrong; the message names the line and says what is expected."""


@dataclass(frozen=True, slots=True)
class Token:
    """One system and what it may say."""

    name: str
    digest: str
    sources: tuple[str, ...]
    types: frozenset[str]
    rate: float | None = None
    """Events a second; None: the gateway's default."""

    def may_name(self, source: str) -> bool:
        """Whether `source` is among those allowed; our own services' never are."""
        reserved = is_ours(source) or source.startswith(PROVIDERS)
        return not reserved and any(_covers(allowed, source) for allowed in self.sources)

    def may_say(self, type_name: str) -> bool:
        """Whether events of this type are allowed; what is proof must be named (spoken.py)."""
        return type_name in self.types or (ANY in self.types and type_name not in NAMED_ALONE)


def _covers(allowed: str, source: str) -> bool:
    return source.startswith(allowed[:-1]) if allowed.endswith(ANY) else source == allowed


def digest_of(token: str) -> str:
    """The sha256 of a token as 64 hex digits, the form in which it is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def make() -> str:
    """A new token: 32 random bytes behind a prefix by which scanners for leaked secrets can know it."""
    return PREFIX + secrets.token_urlsafe(32)


def entry(token: Token) -> str:
    """The lines of a token file that say this."""
    words = {"sources": token.sources, "types": sorted(token.types)}
    lines = [f"[token.{token.name}]", f'sha256 = "{token.digest}"']
    lines += [f"{key} = [{', '.join(_quoted(value) for value in values)}]" for key, values in words.items()]
    return "\n".join(lines + ([f"rate = {token.rate:g}"] if token.rate is not None else [])) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse(text: str) -> tuple[Token, ...]:
    """The tokens of a file.

    Raises:
        TokenFileError: it is no TOML, or an entry is wrong.

    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TokenFileError(f"is not TOML: {error}") from None
    if stray := sorted(content.keys() - {"token"}):
        raise TokenFileError(f"{_line(text, stray[0])}{stray[0]!r} is not known: write [token.NAME] for each system")
    tables = content.get("token", {})
    if not isinstance(tables, dict):
        raise TokenFileError(f"{_line(text, 'token')}token is not a table: write [token.NAME] for each system")
    found: dict[str, Token] = {}
    for name, table in tables.items():
        token = _token(text, name, table)
        if token.digest in found:
            twin = found[token.digest].name
            raise TokenFileError(f"{_line(text, name, 'sha256')}{name} has the token of {twin}: make one for each")
        found[token.digest] = token
    return tuple(found.values())


def _token(text: str, name: str, table: Any) -> Token:
    def wrong(field: str, expected: str) -> TokenFileError:
        return TokenFileError(f"{_line(text, name, field)}token {name}: {field}: expected {expected}")

    if not NAME.fullmatch(name) or not isinstance(table, Mapping):
        raise TokenFileError(
            f"{_line(text, name)}{name!r} names no system: write [token.NAME], letters, digits, - and _"
        )
    if stray := sorted(table.keys() - FIELDS):
        raise wrong(stray[0], f"one of {', '.join(sorted(FIELDS))}")
    digest, sources, types, rate = (table.get(field) for field in ("sha256", "sources", "types", "rate"))
    if not isinstance(digest, str) or not SHA256.fullmatch(digest):
        raise wrong("sha256", "64 hex digits in small letters, as `outagectl token new` prints them")
    if not _texts(sources) or not all(source == ANY or ANY not in source.removesuffix("/*") for source in sources):
        raise wrong("sources", 'a list such as ["/dispatch/east", "/oms/*"], or ["*"]')
    if not _texts(types) or (unknown := sorted(set(types) - TYPES.keys() - {ANY})):
        named = f", not {unknown[0]}" if _texts(types) else ""
        raise wrong("types", f'["*"], or types of outage.dispatch or outage.meters such as "outage.started.v1"{named}')
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= FASTEST):
        raise wrong("rate", f"events a second, above 0 and up to {FASTEST}")
    return Token(name, digest, tuple(sources), frozenset(types), rate)


def _texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _line(text: str, name: str, field: str | None = None) -> str:
    """`line 3: ` of a field, or of the table it is missing in; empty where it cannot be found."""
    head = re.compile(rf"""\s*\[?\s*(?:token\s*\.\s*)?["']?{re.escape(name)}["']?\s*[]=.]""")
    inside = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not inside and head.match(line):
            inside = number
        elif inside and line.lstrip().startswith("["):
            break
        if inside and field is not None and re.match(rf"""\s*["']?{re.escape(field)}["']?\s*=""", line):
            return f"line {number}: "
    return f"line {inside}: " if inside else ""


class Tokens:
    """The tokens in force.

    A file that turns out wrong is refused, and those in force stay: a data-entry error must not shut out every system. A
    file that is gone or cannot be read takes all tokens with it until it is back: who removes it means to.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: object = None
        self._tokens: tuple[Token, ...] = ()
        self.problem: str | None = "no token file is set (OUTAGE_GATEWAY_TOKENS)" if path is None else None
        """Why the file as it is now is not in force; None: it is."""
        self.gone = False
        """There was a file, and it is not there or cannot be read: nobody can be known until it is."""
        self.refresh()

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def names(self) -> set[str]:
        """The systems whose tokens are in force."""
        return {token.name for token in self._tokens}

    def refresh(self) -> bool:
        """Read the file if it has changed since the last look; whether what is in force has changed."""
        if self._path is None:
            return False
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return False
            self._seen = seen
            if stat.st_size > LARGEST_BYTES:
                raise TokenFileError(f"has more than {LARGEST_BYTES} bytes")  # noqa: TRY301 - one way to refuse
            tokens = parse(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, TokenFileError) as error:
            problem, before = str(error), self._tokens
            if isinstance(error, OSError):
                problem, self._seen = error.strerror or problem, None  # the file is not to blame: look again
                self._tokens, self.gone = (), True
            if problem != self.problem:
                log.error("token file refused", file=self._path.name, problem=problem, in_force=len(self._tokens))
            self.problem = problem
            return self._tokens != before
        self._tokens, self.problem, self.gone = tokens, None, False
        log.info("token file read", file=self._path.name, systems=[token.name for token in tokens])
        return True

    def find(self, presented: str) -> Token | None:
        """The system this token belongs to. Every entry is compared, so that the time taken tells nothing."""
        digest = digest_of(presented)
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found
