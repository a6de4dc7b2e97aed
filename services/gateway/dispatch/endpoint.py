"""Serve `POST /v1/events`: CloudEvents in, an answer for each, "taken" only once Kafka has acknowledged it."""

from collections.abc import Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from schemas.cloudevent import ContractError
from services.gateway.dispatch import wire
from services.gateway.dispatch.admission import judged, later, result
from services.gateway.dispatch.answers import Reason, Result, for_batch, for_one, problem, refused
from services.gateway.dispatch.intake import Intake, Unavailable
from services.gateway.dispatch.known_lines import KnownLines, warned
from services.gateway.dispatch.taken import OfferedEvent
from services.gateway.dispatch.tokens import Token, Tokens
from services.gateway.limits import (
    BODY_SECONDS,
    MOST_BODY_BYTES,
    MOST_EVENTS,
    BodyTooLarge,
    Buckets,
    NoPlace,
    Room,
    TooSlow,
    whole_seconds,
)
from services.kernel.clock import Clock
from services.kernel.observing.masking import mask

log = structlog.get_logger(__name__)

SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What the endpoint counts. Labels are closed lists; no system, source or id among them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "outage_gateway_events_total", "Events by what became of them", ("outcome", "reason"), registry=registry
        )
        self.requests = Counter(
            "outage_gateway_requests_total", "Requests to /v1/events by HTTP status", ("status",), registry=registry
        )
        self.duration = Histogram(
            "outage_gateway_request_duration_seconds",
            "Body read to answer made",
            buckets=SECONDS,
            registry=registry,
        )
        self.tokens = Gauge("outage_gateway_tokens", "Systems whose tokens are in force", registry=registry)
        self.token_file = Gauge("outage_gateway_token_file_ok", "1: the token file is in force", registry=registry)


class Events:
    """The endpoint."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        intake: Intake,
        clock: Clock,
        rate: float,
        registry: CollectorRegistry,
        known: KnownLines | None = None,
    ) -> None:
        self.tokens = tokens
        self.buckets = Buckets(rate, clock)
        self.metrics = Metrics(registry)
        self._intake = intake
        self._clock = clock
        self._room = Room()
        self._known = known or KnownLines()

    async def post(self, request: Request) -> Response:
        """Take the events of one request."""
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            answer = Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - a caller is never left without an answer
            # No traceback: it may quote the event.
            log.error("events not taken", error=type(error).__name__)
            answer = problem(
                500, "our-fault", "the gateway failed", "send it again; if it fails again, tell its operator"
            )
        self.metrics.requests.labels(str(answer.status_code)).inc()
        return answer

    async def _answer(self, request: Request) -> Response:
        token = self._who(request)
        if isinstance(token, Response):
            return token
        bucket = self.buckets.of(token.name, token.rate)
        if wait := bucket.wait():
            return self._refuse(
                token, 429, "too-fast", "more events than this token may send", "wait as Retry-After says", wait
            )
        try:
            kind = wire.media_type(request.headers)
            with self._room.share() as share:
                body = await share.body(request)
                since = self._clock.monotonic()
                parcel = wire.open_parcel(kind, request.headers, body)
                bucket.take(max(1, len(parcel.readers)))
                if len(parcel.readers) > MOST_EVENTS:
                    what = f"a batch of {len(parcel.readers)} events"
                    return self._refuse(token, 413, "too-many-events", what, f"send up to {MOST_EVENTS} at once")
                results = await self._take(token, parcel.readers)
                self.metrics.duration.observe(self._clock.monotonic() - since)
        except wire.WrongMediaType as error:
            what = "the media type is not one we read"
            return self._refuse(token, 415, "not-acceptable-media-type", what, str(error))
        except BodyTooLarge:
            bucket.take(1)
            what = f"more than {MOST_BODY_BYTES:,} bytes"
            return self._refuse(token, 413, "too-large", what, "send smaller batches")
        except TooSlow:
            bucket.take(1)
            what = f"the body was not whole within {BODY_SECONDS:.0f} s"
            return self._refuse(token, 408, "too-slow", what, "send it again")
        except NoPlace:
            return self._refuse(token, 503, "busy", "too many requests at once", "wait as Retry-After says", 1)
        except ContractError as error:
            bucket.take(1)
            self._tell(token, [refused(error)])
            return for_one(refused(error))
        self._tell(token, results)
        return for_batch(results) if parcel.batch else for_one(results[0])

    def _who(self, request: Request) -> Token | Response:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        challenge = {"WWW-Authenticate": 'Bearer realm="outage-notice"'}
        reason: Reason = "no-token"
        what, remedy = "no bearer token", "send Authorization: Bearer and your system's token"
        if scheme.lower() == "bearer" and presented.strip():
            token = self.tokens.find(presented.strip())
            if token is not None:
                return token
            reason, what, remedy = "unknown-token", "this token is not known", "ask the operator for one"
            challenge = {"WWW-Authenticate": 'Bearer realm="outage-notice", error="invalid_token"'}
        if self.tokens.gone:
            # No word about this token: whoever has one is to come again once the file is back.
            what, remedy = (
                "the gateway's token file is gone or cannot be read",
                "try again; the operator must restore it",
            )
            log.warning("request-refused", reason="tokens-away", problem=self.tokens.problem)
            return problem(503, "tokens-away", what, remedy, headers={"Retry-After": "10"})
        if not len(self.tokens):
            remedy = "no tokens are in force here: make one with `outagectl token new` and name the file to the gateway"
        log.warning("request-refused", reason=reason)
        return problem(401, reason, what, remedy, headers=challenge)

    def _refuse(self, token: Token, status: int, reason: Reason, what: str, remedy: str, wait: float = 0.0) -> Response:
        log.warning("request-refused", system=token.name, reason=reason)
        return problem(status, reason, what, remedy, headers={"Retry-After": whole_seconds(wait)} if wait else None)

    async def _take(self, token: Token, readers: Sequence[wire.Reader]) -> list[Result]:
        """A result for each event; what is refused does not hold back the others."""
        results: list[Result | None] = []
        candidates: list[OfferedEvent] = []
        for read in readers:
            found = judged(token, read)
            if isinstance(found, OfferedEvent):
                candidates.append(found)
                results.append(None)
            else:
                results.append(found)
        try:
            verdicts = iter(await self._intake.submit(candidates))
        except Unavailable as error:
            made = iter([later(candidate, error) for candidate in candidates])
        else:
            made = iter([warned(result(one, next(verdicts)), self._known.strange(one.lines)) for one in candidates])
        return [next(made) if result is None else result for result in results]

    def _tell(self, token: Token, results: Sequence[Result]) -> None:
        for one in results:
            reason = one.reason or "none"
            self.metrics.events.labels(one.outcome, reason).inc()
            if one.warning:
                log.warning("line-unknown", system=token.name, source=mask(one.source or ""), id=mask(one.id or ""))
            if one.outcome in {"refused", "retry"}:
                log.warning(
                    "event-refused" if one.outcome == "refused" else "event-not-taken",
                    system=token.name,
                    source=mask(one.source or ""),
                    id=mask(one.id or ""),
                    type=mask(one.event_type or ""),
                    field=one.field or None,
                    reason=reason,
                )
