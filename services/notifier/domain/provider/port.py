"""The port to whoever carries our texts: what is asked, what can come of it, and how an answer is judged.

A provider gives no promise of exactly-once, so the port is built around one question: *can this request have created a
message?* Only three answers exist. `Accepted`: yes, here is its sid. `SendRefused`: no, with proof. `Unknown`: nobody can
say, and then nothing may be sent again until a callback or a look-up has said it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.notifier.domain.provider.code_rules import CodeRule, Created, ProvenRefusal, Scope
from services.notifier.domain.wording.likeness import differ_in_times_alone

LEAST_VALIDITY, MOST_VALIDITY = 60, 36_000
TOO_LATE = CodeRule("too-late", "throttle", "now")
NOT_CONNECTED = CodeRule("not-connected", "network", "now")


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
    send_at: datetime | None = None
    """Real time until which the provider is to hold it (scheduling.py); None: it goes at once."""
    before_write: Callable[[], None] | None = None
    """Called when the connection is open and nothing is written yet; raises TooLate to stop there."""

    @property
    def validity(self) -> int:
        """`valid_seconds` as the provider takes it."""
        return max(LEAST_VALIDITY, min(MOST_VALIDITY, int(self.valid_seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRequest:
    """What is known of an attempt whose answer was lost."""

    message_id: str
    attempt: int | None
    """None where it stands for attempts that are not known here: any of the text's."""
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
    provider: str
    """Whose message it is, as in attempts."""
    doubles: tuple[str, ...] = ()
    """Sids of further messages that fit as well: somebody got the text twice. It cannot be undone but must be seen."""


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """The provider could not be asked. This is *not* "there is no such message"."""

    why: str


class SmsProvider(Protocol):
    """What the sender and the resolver need of a provider, Twilio or another. One that does not call back is a
    `ReportingProvider` too.

    Its message ids begin with something that no other provider's do: rows and receipts are found by the id alone.
    """  # noqa: D205 - the first sentence is long

    @property
    def name(self) -> str:
        """As it is written in attempts and receipts, e.g. `twilio`."""

    @property
    def sender(self) -> str:
        """Who texts come from: a number, a name, or the id of a messaging service."""

    @property
    def signature(self) -> str | None:
        """The registered name that it puts before texts in 【】; None: it puts none."""

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
class StatusReport:
    """What a provider reports of one message: a receipt that was fetched, not called back."""

    sid: str
    status: str
    """In the words of text_states.RECEIPT_EVENT."""
    code: int | None
    message_id: str | None
    """Our id and attempt, where the provider gives back what it was sent; so it names the attempt whose answer was lost."""
    attempt: int | None


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """Reports that were fetched together. They are lost to us once they are acknowledged, and not before."""

    ack: str
    """What acknowledges them; empty where nothing is to be acknowledged."""
    reports: tuple[StatusReport, ...]
    more: bool
    """Whether further ones wait."""


class ReportingProvider(SmsProvider, Protocol):
    """A provider whose receipts are pulled in batches."""

    async def pull(self, ack: str | None) -> ReportBatch | LookupFailed:
        """Acknowledges the batch before (`ack`, once all of it is in the log) and fetches the next one.

        Unacknowledged reports come again, to whoever asks next: a report may be heard twice, never lost.
        """


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


ReadAnswer = Callable[[int, str | None], Created | ProvenRefusal | None]
"""What an answer with this HTTP status and body proves by the provider's own rules; None: nothing."""


def classify(reply: Reply, read: ReadAnswer) -> SendOutcome:
    """Judges an answer to a send; whatever proves neither that a message was created nor that none was is Unknown."""
    if not reply.written:
        rule = TOO_LATE if reply.too_late else NOT_CONNECTED
        return _refused(rule, reply, None)
    status = reply.http_status
    if status is None:
        return Unknown(reply.trouble or "no answer")
    said = read(status, reply.body)
    if isinstance(said, Created):
        return Accepted(said.sid, said.status)
    if isinstance(said, ProvenRefusal):
        return _refused(said.rule, reply, said.code)
    return Unknown(reply.trouble or f"{status} that proves nothing")


def _refused(rule: CodeRule, reply: Reply, code: int | None) -> SendRefused:
    return SendRefused(
        reason=rule.reason,
        http_status=reply.http_status,
        code=code,
        retry_after=reply.retry_after,
        scope=rule.scope,
        detail=reply.trouble,
    )
