"""Keep the account's messages: what was created, the state of each, and the journal that finds them after a kill."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from devstack.twilio.api.errors import DELIVERY_FAILURES, REFUSALS
from devstack.twilio.api.times import rfc2822
from devstack.twilio.kept.journal import Journal, lines

FILE_NAME = "messages.jsonl"
FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received"})


def digits(number: str) -> str:
    """What Twilio compares of two numbers: `+44 7700 900123` and `447700900123` are one. Names stay as they are."""
    return re.sub(r"\D", "", number) or number.strip()


class TwilioMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One Message resource with what the simulator needs beside."""

    sid: str
    to: str
    sender: str | None
    """None until a messaging service has picked one of its pool."""
    body: str
    status: str
    created: datetime
    updated: datetime
    direction: str = "outbound-api"
    messaging_service_sid: str | None = None
    sent: datetime | None = None
    error_code: int | None = None
    segments: int = 1
    status_callback: str | None = None
    validity_seconds: int = 36_000
    send_at: datetime | None = None
    message_id: str | None = None
    attempt: int | None = None

    def resource(self, account_sid: str) -> dict[str, Any]:
        """The JSON of the API."""
        path = f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}"
        # With a messaging service nobody knows the segments before a sender is picked; Twilio says 0 then.
        segments = self.segments if self.sender else 0
        words = None
        if self.error_code is not None:
            words = DELIVERY_FAILURES.get(self.error_code) or REFUSALS.get(self.error_code, (0, "Unlisted error"))[1]
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": rfc2822(self.created),
            "date_sent": rfc2822(self.sent) if self.sent else None,
            "date_updated": rfc2822(self.updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": words,
            "from": self.sender,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": "0",
            "num_segments": str(segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{path}/Media.json", "feedback": f"{path}/Feedback.json"},
            "to": self.to,
            "uri": f"{path}.json",
        }


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One POST that reached us, whatever became of it: audits hold these against the notifier's attempts."""

    at: datetime
    answer: str
    """`created`, `refused`, or the name of the fault."""
    sid: str | None = None
    message_id: str | None = None
    attempt: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step of one message."""

    sid: str
    status: str
    updated: datetime
    sender: str | None = None
    sent: datetime | None = None
    error_code: int | None = None


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    created: TwilioMessage | None = None
    change: Change | None = None
    post: Post | None = None
    reset: bool = False


class MessageStore:
    """All messages by sid and by recipient, newest last, each step journalled before it shows."""

    def __init__(self, folder: Path) -> None:
        self._messages: dict[str, TwilioMessage] = {}
        self._visible_at: dict[str, float] = {}
        self._by_recipient: defaultdict[str, list[TwilioMessage]] = defaultdict(list)
        self.posts: list[Post] = []
        for raw in lines(folder / FILE_NAME):
            self._replay(msgspec.json.decode(raw, type=_Line))
        self._journal = Journal(folder / FILE_NAME)

    def _replay(self, line: _Line) -> None:
        if line.reset:
            self._forget()
        if line.created is not None:
            self._keep(line.created)
        if line.change is not None:
            self._apply(line.change)
        if line.post is not None:
            self.posts.append(line.post)

    def _keep(self, message: TwilioMessage) -> None:
        self._messages[message.sid] = message
        self._by_recipient[digits(message.to)].append(message)

    def _forget(self) -> None:
        self._messages.clear()
        self._visible_at.clear()
        self._by_recipient.clear()
        self.posts.clear()

    def _apply(self, change: Change) -> TwilioMessage:
        message = self._messages[change.sid]
        message.status, message.updated = change.status, change.updated
        message.sender = change.sender or message.sender
        message.sent = change.sent or message.sent
        message.error_code = change.error_code or message.error_code
        return message

    def add(self, message: TwilioMessage, *, visible_at: float) -> None:
        """A new message; the list shows it from `visible_at` (loop time) on."""
        self._journal.append(_Line(created=message))
        self._keep(message)
        self._visible_at[message.sid] = visible_at

    def change(self, change: Change) -> TwilioMessage:
        """One step of a message."""
        self._journal.append(_Line(change=change))
        return self._apply(change)

    def note(self, post: Post) -> None:
        """Keeps that a POST came and what was answered."""
        self._journal.append(_Line(post=post))
        self.posts.append(post)

    def get(self, sid: str) -> TwilioMessage | None:
        """The message, visible in lists or not."""
        return self._messages.get(sid)

    def all(self) -> list[TwilioMessage]:
        """Every message, oldest first, without list lag."""
        return list(self._messages.values())

    def visible(self, loop_time: float, to: str | None = None) -> Iterator[TwilioMessage]:
        """Messages that a list shows at this moment, newest first, as Twilio orders them."""
        chosen = self._messages.values() if to is None else self._by_recipient.get(digits(to), [])
        for message in reversed(chosen):
            if self._visible_at.get(message.sid, 0.0) <= loop_time:
                yield message

    def unfinished(self) -> list[TwilioMessage]:
        """Messages with steps still to come; after a restart their way goes on."""
        return [message for message in self._messages.values() if message.status not in FINAL]

    def reset(self) -> None:
        """Forgets everything; the journal keeps the history and a mark."""
        self._journal.append(_Line(reset=True))
        self._forget()

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()
