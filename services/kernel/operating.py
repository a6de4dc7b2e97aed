"""Fold one operator request from its log: one stream a request, asked and then done or refused. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.contracts.base import Instant, Name, Text, Wire
from services.kernel.model import Decision, Event, Message, NewEvent

CATEGORY: Final = "operator"
REQUEST: Final = "operator.request.v1"
REQUESTED: Final = "operator.requested.v1"
DONE: Final = "operator.done.v1"
REFUSED: Final = "operator.refused.v1"
JUDGED_BEFORE: Final = "judged-before"
OPERATORS: Final = "outage_operator"
"""The role made for people on duty: reads what duty needs in every schema, asks by operator_request, writes nothing else."""
BOARD: Final = "outage_board"
"""The role made for the public board: reads the views that `board_sees` of a schema names, and nothing else anywhere."""


class OperatorRequested(Wire, frozen=True, kw_only=True):
    """Who asked what, and why. `login`: who the database knew them as; `detail`: what exactly, as the action has it."""

    request_id: Name
    who: Name
    login: Name
    action: Name
    why: Text = ""
    detail: dict[str, Any] = msgspec.field(default_factory=dict)
    asked_at: Instant


class OperatorDone(Wire, frozen=True, kw_only=True):
    """It was done, in the same transaction. `reason`: what it came to, by name; `result`: figures and names of it."""

    request_id: Name
    action: Name
    reason: Name
    result: dict[str, Any] = msgspec.field(default_factory=dict)


class OperatorRefused(Wire, frozen=True, kw_only=True):
    """Nothing was done. `reason`: why, by name; `explanation`: what a person can do about it."""

    request_id: Name
    action: Name
    reason: Name
    explanation: Text = ""


class Ruling(Wire, frozen=True, kw_only=True):
    """A request with its answer, on its way into the log; exactly one of `done` and `refused` is there."""

    asked: OperatorRequested
    done: OperatorDone | None = None
    refused: OperatorRefused | None = None


STRUCTS: Mapping[str, type[msgspec.Struct]] = {
    REQUESTED: OperatorRequested,
    DONE: OperatorDone,
    REFUSED: OperatorRefused,
    REQUEST: Ruling,
}


@dataclass(frozen=True, slots=True)
class OperatorResult:
    """What became of one request."""

    asked: OperatorRequested | None = None
    done: OperatorDone | None = None
    refused: OperatorRefused | None = None


class OperatorDecider:
    """Streams operator/<request id>. A request has one answer, whatever comes twice."""

    category = CATEGORY

    def initial(self, stream_id: str) -> OperatorResult:  # noqa: ARG002 - the protocol's shape
        """Nothing asked."""
        return OperatorResult()

    def evolve(self, state: OperatorResult, event: Event) -> OperatorResult:
        """Asked, done, refused."""
        if isinstance(event.data, OperatorRequested):
            return replace(state, asked=event.data)
        if isinstance(event.data, OperatorDone):
            return replace(state, done=event.data)
        return replace(state, refused=event.data) if isinstance(event.data, OperatorRefused) else state

    def decide(self, state: OperatorResult, facts: Any, message: Message, now: datetime) -> Decision:  # noqa: ARG002 - protocol
        """What was asked and what it came to, in two events."""
        ruling: Ruling = message.data  # type: ignore[assignment]
        answer = ruling.done or ruling.refused
        if state.asked is not None or answer is None:
            return Decision(JUDGED_BEFORE)
        kind = DONE if ruling.done is not None else REFUSED
        return Decision(answer.reason, (NewEvent(REQUESTED, ruling.asked), NewEvent(kind, answer)))

    def timers(self, state: OperatorResult) -> Mapping[str, datetime]:  # noqa: ARG002 - the protocol's shape
        """None: an answer comes with the request."""
        return {}

    def view(self, state: OperatorResult) -> dict[str, Any]:
        """Who, what, why and what it came to."""
        asked = state.asked
        if asked is None:
            return {}
        shown: dict[str, Any] = {"requestId": asked.request_id, "who": asked.who, "action": asked.action}
        shown |= {"why": asked.why, "state": "refused" if state.refused is not None else "done"}
        answer = state.refused or state.done
        return shown | {"reason": answer.reason if answer is not None else ""}


DECIDERS: Mapping[str, Any] = {CATEGORY: OperatorDecider()}


def stream_of(request_id: object) -> str:
    """The stream of a request."""
    return f"{CATEGORY}/{request_id}"


def source_of(service: str) -> str:
    """The source of all requests to a service; the request's id is the message's."""
    return f"/outage/{service}/operator"
