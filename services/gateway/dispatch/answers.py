"""Build the gateway's answers: one result per event, and problems in the form of RFC 9457."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from schemas.contracts.base import encode
from schemas.errors import ContractError
from schemas.errors import Reason as ContractReason

PROBLEM = "application/problem+json"
JSON = "application/json"

GatewayReason = Literal[
    "no-token",
    "unknown-token",
    "source-not-allowed",
    "type-not-allowed",
    "id-reused",
    "too-large",
    "too-many-events",
    "too-slow",
    "not-acceptable-media-type",
    "too-fast",
    "busy",
    "tokens-away",
    "kafka-away",
    "database-away",
    "not-found",
    "method-not-allowed",
    "our-fault",
]
Reason = ContractReason | GatewayReason

_TITLES: Mapping[int, str] = {
    400: "Not a CloudEvent",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Id used for other content",
    413: "Too large",
    415: "Media type not read here",
    422: "Event refused",
    429: "Too fast",
    500: "Our fault",
    503: "Try again",
}
_UNREADABLE = frozenset({"not-json", "not-a-cloudevent", "empty-value"})
_STATUS: Mapping[str, int] = {
    "source-not-allowed": 403,
    "type-not-allowed": 403,
    "id-reused": 409,
    "too-large": 413,
    "kafka-away": 503,
    "database-away": 503,
    "busy": 503,
    "tokens-away": 503,
}


class Result(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What became of one event."""

    outcome: Annotated[
        Literal["taken", "already-taken", "refused", "retry"],
        Meta(
            description="taken: Kafka has it. already-taken: it had it before. refused: mend it. retry: send it again"
        ),
    ]
    source: Annotated[str | None, Meta(description="The event's source, as far as it could be read")] = None
    id: Annotated[str | None, Meta(description="The event's id, as far as it could be read")] = None
    event_type: Annotated[str | None, Meta(description="The event's type, as far as it could be read")] = None
    field: Annotated[str | UnsetType, Meta(description="Which field is wrong, as a path")] = UNSET
    problem: Annotated[str | UnsetType, Meta(description="What is wrong with it")] = UNSET
    remedy: Annotated[str | UnsetType, Meta(description="What to do")] = UNSET
    reason: Annotated[Reason | UnsetType, Meta(description="The machine's word for it")] = UNSET
    warning: Annotated[
        str | UnsetType, Meta(description="Of an event that was taken: what its sender should look at")
    ] = UNSET


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of a batch, event by event, in its order."""

    taken: Annotated[int, Meta(ge=0, description="Events on Kafka for the first time")]
    already_taken: Annotated[int, Meta(ge=0, description="Events that were there already")]
    refused: Annotated[int, Meta(ge=0, description="Events that must be mended")]
    events: Annotated[tuple[Result, ...], Meta(description="One result for each event of the batch, in its order")]


class Problem(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A problem of the request as a whole (RFC 9457), or of its only event."""

    type: Annotated[str, Meta(description="urn:outage-notice:problem: and the reason")]
    title: Annotated[str, Meta(description="The status in words")]
    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status")]
    detail: Annotated[str, Meta(description="What is wrong and what to do, in one sentence")]
    reason: Annotated[Reason, Meta(description="The machine's word for it")]
    remedy: Annotated[str, Meta(description="What to do")]
    field: Annotated[str | UnsetType, Meta(description="Which field is wrong, as a path")] = UNSET
    problem: Annotated[str | UnsetType, Meta(description="What is wrong with it")] = UNSET
    events: Annotated[tuple[Result, ...] | UnsetType, Meta(description="One result for each event, in their order")] = (
        UNSET
    )


def refused(error: ContractError) -> Result:
    """The result of an event that breaks its contract."""
    return Result(
        outcome="refused",
        source=error.source,
        id=error.id,
        event_type=error.type,
        field=error.field,
        problem=error.problem,
        remedy=error.remedy,
        reason=error.reason,
    )


def problem(
    status: int,
    reason: Reason,
    what: str,
    remedy: str,
    *,
    field: str | UnsetType = UNSET,
    events: Sequence[Result] | UnsetType = UNSET,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem response. `what` is wrong with `field`, or with the request; `remedy` is what to do."""
    body = Problem(
        type=f"urn:outage-notice:problem:{reason}",
        title=_TITLES[status],
        status=status,
        detail=f"{what}; {remedy}" if field is UNSET else f"{field}: {what}; {remedy}",
        reason=reason,
        remedy=remedy,
        field=field,
        problem=UNSET if field is UNSET else what,
        events=UNSET if events is UNSET else tuple(events),
    )
    return Response(encode(body), status, headers, PROBLEM)


def for_one(result: Result) -> Response:
    """The answer to a request with one event."""
    if result.outcome in {"taken", "already-taken"}:
        return Response(encode(result), 202 if result.outcome == "taken" else 200, media_type=JSON)
    reason, what, remedy = _why(result)
    return problem(status_of(reason), reason, what, remedy, field=result.field, events=[result], headers=_again(result))


def for_batch(results: Sequence[Result]) -> Response:
    """The answer to a batch: 202 or 200 where all is well, 207 for a mix, a problem where nothing was taken.

    503 where some could not be taken now: the batch can be sent again as it is, what was taken stays taken.
    """
    counts = {word: sum(result.outcome == word for result in results) for word in ("taken", "refused", "retry")}
    if counts["retry"]:
        left = next(result for result in results if result.outcome == "retry")
        reason, what, _ = _why(left)
        what = f"{counts['retry']} of {len(results)} events could not be taken: {what}"
        remedy = "send the batch again: what was taken is not taken twice"
        return problem(503, reason, what, remedy, events=results, headers=_again(left))
    if results and counts["refused"] == len(results):
        reason, what, remedy = _why(results[0])
        statuses = {status_of(result.reason) for result in results if result.reason is not UNSET}
        status = statuses.pop() if len(statuses) == 1 else 422
        what = what if len(results) == 1 else f"all {len(results)} events are refused, the first because it {what}"
        return problem(status, reason, what, remedy, field=results[0].field, events=results)
    body = Answer(
        taken=counts["taken"],
        already_taken=len(results) - sum(counts.values()),
        refused=counts["refused"],
        events=tuple(results),
    )
    status = 207 if counts["refused"] else 202 if counts["taken"] else 200
    return Response(encode(body), status, media_type=JSON)


def status_of(reason: str) -> int:
    """The HTTP status for an event refused with this reason."""
    return 400 if reason in _UNREADABLE else _STATUS.get(reason, 422)


def _why(result: Result) -> tuple[Reason, str, str]:
    reason: Reason = "our-fault" if result.reason is UNSET else result.reason
    return reason, result.problem or "", result.remedy or ""


def _again(result: Result) -> dict[str, str] | None:
    return {"Retry-After": "1"} if result.outcome == "retry" else None
