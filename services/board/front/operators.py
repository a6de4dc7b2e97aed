"""Which telecom operator a token belongs to: known by its sha256, from a TOML file that may change any time.

    [operator.mobile-east]
    sha256 = "9f86d0…"      # of the token; the token itself is nowhere

A token is 32 random bytes, which nobody finds by trying; a sha256 of it is no secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")


class OperatorTokensError(ValueError):
    """The file is wrong; the message says where, and what is expected."""


class OperatorTokens:
    """Those in force. A file that turns out wrong is refused and the ones before stay; one that is gone takes them all along."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: object = None
        self._digests: Mapping[str, str] = {}
        self._problem: str | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read the file if it has changed since the last look."""
        if self._path is None:
            return
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return
            self._seen = seen
            self._digests, self._problem = read_operator_tokens(self._path.read_text(encoding="utf-8")), None
        except OSError as error:
            self._seen, self._digests = None, {}
            self._complain(error.strerror or str(error))
        except (UnicodeDecodeError, OperatorTokensError) as error:
            self._complain(str(error))

    def of(self, presented: str) -> str | None:
        """The operator whose token this is. Every entry is compared, so that the time taken tells nothing."""
        digest = hashlib.sha256(presented.encode("utf-8", "surrogateescape")).hexdigest()
        found = None
        for name, known in self._digests.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _complain(self, problem: str) -> None:
        if problem != self._problem and self._path is not None:
            log.error("operators' file refused", file=self._path.name, problem=problem, in_force=len(self._digests))
        self._problem = problem


def read_operator_tokens(text: str) -> Mapping[str, str]:
    """Operator → sha256 of its token.

    Raises:
        OperatorTokensError: see there.

    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OperatorTokensError(f"is not TOML: {error}") from None
    tables = content.get("operator", {})
    if content.keys() - {"operator"} or not isinstance(tables, Mapping):
        raise OperatorTokensError("write [operator.NAME] for each operator, and nothing else")
    found: dict[str, str] = {}
    for name, table in tables.items():
        digest = table.get("sha256") if isinstance(table, Mapping) else None
        if not NAME.fullmatch(name) or not isinstance(digest, str) or not SHA256.fullmatch(digest):
            raise OperatorTokensError(
                f'operator {name}: expected sha256 = "64 hex digits in small letters", a plain name'
            )
        if digest in found.values():
            raise OperatorTokensError(f"operator {name} has the token of another: make one for each")
        found[name] = digest
    return found
