"""The port to whoever carries our texts: what is asked, what can come of it, and how an answer is judged.

A provider gives no promise of exactly-once, so the port is built around one question: *can this request have created a
message?* Only three answers exist. `Accepted`: yes, here is its sid. `SendRefused`: no, with proof. `Unknown`: nobody can
say, and then nothing may be sent again until a callback or a look-up has said it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.notifier.domain.provider.twilio_codes import CODES, CodeRule, Scope, read_error, read_sid, rule_for
from services.notifier.domain.wording.likeness import differ_in_times_alone

TOO_MANY_REQUESTS = 429
SUCCESS = range(200, 300)
CLIENT_ERRORS = range(400, 500)
LEAST_VALIDITY, MOST_VALIDITY = 60, 36_000


class TooLate(Exception):
    """The request may no longer be written: its claim is over, or sending was stopped. Nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """One attempt to send one text. It is posted at most once."""

    message_id: str
    attempt: int
    to: str = field(repr=False)
    """E.164. Kept out of `repr`, so that no log line can carry it by accident."""
    body: str = field(repr=False)
    valid_seconds: float
    """Real seconds until the text is useless; the provider gets them within its bounds (60 … 36,000)."""
    before_write: Callable[[], None] | None = None
    """Called when the connection is open and nothing is written yet; raises TooLate to stop there."""

    @property
    def validity(self) -> int:
        """`valid_seconds` as the provider takes it."""
        return max(LEAST_VALIDITY, min(MOST_VALIDITY, int(self.valid_seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRequest:
    """What is known of an attempt whose answer was lost."""

    to: str | None = field(repr=False)
    """E.164; None where the number it went to is not at hand any more: then `goes_to` tells."""
    goes_to: Callable[[str], bool] = lambda _: True
    """Whether a number (E.164) is the one that the attempt went to."""
    body: str = field(repr=False)
    """Byte-equal to what was posted, unless a `ref` is given."""
    ref: str | None = None
    """The code in the text, where it may have been posted with other times in it (wording/likeness.py)."""
    started_at: datetime
    """Wall time of the attempt's start."""
    owned: frozenset[str] = frozenset()
    """Sids that belong to other attempts."""

    def fits(self, body: str) -> bool:
        """Whether a message that says `body` may be it."""
        return body == self.body or (
            self.ref is not None and self.ref in body and differ_in_times_alone(body, self.body)
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider created the message."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRefused:
    """Nothing was created, and that is proven."""

    reason: str
    """Kebab-case name out of the code table, `unlisted-code`, `not-connected` or `too-late`."""
    http_status: int | None
    code: int | None
    retry_after: float | None
    """Seconds the provider asked for."""
    scope: Scope
    """What is at fault; what follows from it: services.notifier.domain.provider.circuit."""
    detail: str | None = None
    """What broke, in words without personal data."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message may or may not have been created. Look it up; do not send again."""

    why: str


SendOutcome = Accepted | SendRefused | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMessage:
    """A message the provider has."""

    sid: str
    status: str
    error_code: int | None
    created_at: datetime
    """As the provider dates it: whole seconds."""
    doubles: tuple[str, ...] = ()
    """Sids of further messages that fit as well: somebody got the text twice. It cannot be undone but must be seen."""


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """The provider could not be asked. This is *not* "there is no such message"."""

    why: str


class SmsProvider(Protocol):
    """What the sender and the resolver need of a provider."""

    @property
    def name(self) -> str:
        """As it is written in attempts and receipts, e.g. `twilio`."""

    @property
    def sender(self) -> str:
        """Who texts come from: a number, a name, or the id of a messaging service."""

    async def send(self, request: SendRequest) -> SendOutcome:
        """Posts once. Never raises for anything the provider or the network does.

        :raises asyncio.CancelledError: when cancelled; the attempt is then unknown to the caller.
        """

    async def find(self, request: FindRequest) -> ProviderMessage | LookupFailed | None:
        """Looks for the message of an attempt; None: the provider does not show it (yet)."""

    async def fetch(self, sid: str) -> ProviderMessage | LookupFailed | None:
        """The present state of a message; None: the provider never had it."""

    async def close(self) -> None:
        """Gives connections back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """All that is known of a request after it ended, well or badly."""

    written: bool
    """Whether the first byte of the request may have left. False is proof that nothing was created."""
    http_status: int | None = None
    body: str | None = field(default=None, repr=False)
    """None: the answer never came whole."""
    retry_after: float | None = None
    trouble: str | None = None
    """What broke, in words without personal data."""
    too_late: bool = False


def classify(reply: Reply) -> SendOutcome:
    """Judges an answer to a send: HTTP status first, then the code table, and doubt is always Unknown.

    A 5xx is doubt too: the provider's gateway may have lost the answer of a message that was created.
    """
    if reply.too_late and not reply.written:
        return _refused(CodeRule("too-late", "throttle", "now"), reply, None)
    if not reply.written:
        return _refused(CodeRule("not-connected", "network", "now"), reply, None)
    status = reply.http_status
    if status is None:
        return Unknown(reply.trouble or "no answer")
    if status == TOO_MANY_REQUESTS:
        # The one failure documented as never processed, whatever its body looks like.
        code = read_error(reply.body)
        rule = CODES.get(code) if code is not None else None
        return _refused(rule or CodeRule("too-many-requests", "throttle", "now"), reply, code)
    if status in SUCCESS:
        created = read_sid(reply.body)
        return Accepted(*created) if created else Unknown(reply.trouble or f"{status} without a readable sid")
    if status in CLIENT_ERRORS:
        code = read_error(reply.body)
        if code is None:
            return Unknown(f"{status} that does not come from the provider itself")
        return _refused(rule_for(code, status), reply, code)
    return Unknown(reply.trouble or f"answered {status}")


def _refused(rule: CodeRule, reply: Reply, code: int | None) -> SendRefused:
    return SendRefused(
        reason=rule.reason,
        http_status=reply.http_status,
        code=code,
        retry_after=reply.retry_after,
        scope=rule.scope,
        detail=reply.trouble,
    )
