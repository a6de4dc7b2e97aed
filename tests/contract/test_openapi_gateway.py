"""The gateway keeps what its OpenAPI document says: schemathesis asks a real one, with real Kafka and PostgreSQL behind it."""

import asyncio
import copy
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from schemas.errors import CITATION_LIMIT
from schemas.golden.words import SHAPE
from services.gateway.dispatch.openapi import COMMAND, COMMITTED, document, text
from services.gateway.dispatch.tokens import Token, digest_of, make
from services.gateway.dispatch.wire import BATCH, BINARY, STRUCTURED
from tests.kits.stack.gateway import Served, prepare, served

pytestmark = pytest.mark.timeout(300)  # many requests, on machines of any speed

Part = dict[str, Any]

EXAMPLES = 14
SOURCE = "/dispatch/schemathesis"
TOKEN = make()
EARLIEST, LATEST = datetime(2000, 1, 2), datetime(2199, 12, 30)  # noqa: DTZ001 - hypothesis draws naive ones
OFFSETS = ("Z", "+08:00", "-03:30")
# Accepted, known already, or the id was drawn before with other content: all three are right answers to right data.
FINE = [200, 202, 207, 409]
REFUSED = [400, 401, 403, 405, 413, 415, 422]

instants = st.builds(
    lambda at, offset: at.isoformat() + offset, st.datetimes(EARLIEST, LATEST), st.sampled_from(OFFSETS)
)
schemathesis.openapi.format("date-time", instants)


class _Thread:
    """A gateway in a loop of its own: schemathesis asks without one."""

    def __init__(self, kafka: str, postgres: str, folder: Path) -> None:
        self.ready: threading.Event = threading.Event()
        self.served: Served | None = None
        self.loop = asyncio.new_event_loop()
        self.end = asyncio.Event()
        self._main = self._run(kafka, postgres, folder)
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._main,), daemon=True)

    async def _run(self, kafka: str, postgres: str, folder: Path) -> None:
        try:
            await prepare(kafka, postgres)
            async with served(kafka, postgres, folder) as self.served:
                self.ready.set()
                await self.end.wait()
        finally:
            self.ready.set()

    def __enter__(self) -> Served:
        self._thread.start()
        self.ready.wait(60)
        assert self.served is not None, "the gateway did not start"
        return self.served

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self._thread.join(30)
        self.loop.close()


@pytest.fixture(scope="module")
def gateway(kafka: str, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with _Thread(kafka, postgres, tmp_path_factory.mktemp("gateway")) as made:
        made.allow(Token("schemathesis", digest_of(TOKEN), (SOURCE,), frozenset({"*"}), rate=100_000))
        made.gateway.tokens.refresh()
        yield made


def only(kind: str, types: Sequence[str]) -> Part:
    """The document narrowed to one content mode and to some types.

    That ce- headers belong to binary mode alone, OpenAPI cannot say, nor how long source and id may be together; and
    each type costs schemathesis 130 requests.
    """
    made = copy.deepcopy(document())
    for name in types:
        properties = made["components"]["schemas"][f"event.{name}"]["properties"]
        properties["source"] = {"const": SOURCE}
        properties["id"]["maxLength"] = CITATION_LIMIT - len(SOURCE)
    post = made["paths"]["/v1/events"]["post"]
    content = post["requestBody"]["content"]
    post["requestBody"]["content"] = {kind: content[kind]}
    if kind == BINARY:
        (type_name,) = types
        content[kind] = {"schema": {"$ref": f"#/components/schemas/{type_name}"}}
        post["requestBody"]["content"] = {kind: content[kind]}
        post["parameters"] = [parameter for parameter in post["parameters"] if parameter["name"] != "ce-subject"]
        for parameter in post["parameters"]:
            parameter["required"] = True
            if parameter["name"] == "ce-source":
                parameter["schema"] = {"const": SOURCE}
            if parameter["name"] == "ce-id":
                parameter["schema"]["maxLength"] = CITATION_LIMIT - len(SOURCE)
            if parameter["name"] == "ce-type":
                parameter["schema"] = {"const": type_name}
        return made
    post["parameters"] = []
    event = content[kind]["schema"] if kind == STRUCTURED else content[kind]["schema"]["items"]
    event["oneOf"] = [{"$ref": f"#/components/schemas/event.{name}"} for name in types]
    del event["discriminator"]
    return made


def sensible(context: Any, case: Any) -> Any:
    """What JSON Schema cannot say, said to right data only: periods end after they start, the subject is the mRID, a shape is one.

    To JSON Schema 1.0 is an integer; the readers take it for what it is written as.
    """
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.body = _whole(case.body)
        for event in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(event, dict):
                data = event.get("data", event)
                for period in ("plannedPeriod", "alternatePeriod", "estimatedPeriod"):
                    _order(data.get(period))
                if data.get("extent", {}).get("shape"):
                    data["extent"]["shape"] = copy.deepcopy(SHAPE)
                if event.get("subject") is not None:
                    event["subject"] = data["mRID"]
                if "id" in event:
                    # Drawn ids repeat, and the same id for other content is a conflict.
                    event["id"] = sha256(json.dumps(event).encode()).hexdigest()
    return case


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _order(period: Any) -> None:
    if period:
        start, end = sorted(datetime.fromisoformat(period[name]) for name in ("start", "end"))
        end = end if end > start else start + timedelta(hours=1)
        period |= {"start": start.isoformat(), "end": end.isoformat()}


def asked(gateway: Served, kind: str, types: Sequence[str], *, undocumented: str = "") -> tuple[list[str], int]:
    """What schemathesis finds wrong in one content mode, and how many requests it sent; the same ones each time.

    The status `undocumented` is taken out of the document.
    """
    config = SchemathesisConfig.from_dict(
        {
            "base-url": gateway.url,
            "headers": {"Authorization": f"Bearer {TOKEN}"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": FINE},
                "negative_data_rejection": {"expected-statuses": REFUSED},
            },
            "generation": {"allow-x00": False, "deterministic": True, "max-examples": EXAMPLES, "no-shrink": True},
            "phases": {"stateful": {"enabled": False}},
            "suppress-health-check": ["all"],
            "seed": 4,
        }
    )
    said = only(kind, types)
    said["paths"]["/v1/events"]["post"]["responses"].pop(undocumented, None)
    made = schemathesis.openapi.from_dict(said, config=config)
    made.hook("map_case")(sensible)
    wrong: list[str] = []
    sent = 0
    for found in from_schema(made).execute():
        if isinstance(found, events.ScenarioFinished):
            sent += len(found.recorder.interactions)
            for name, checks in found.recorder.checks.items():
                answer = found.recorder.interactions[name].response
                said_back = answer.content[:500] if answer else b""
                wrong += [
                    f"{c.name}: {c.failure_info.failure.message}: {said_back!r}" for c in checks if c.failure_info
                ]
        elif isinstance(found, events.NonFatalError):
            wrong.append(f"{found.label}: {found.value!r}")
        elif isinstance(found, events.FatalError):
            wrong.append(repr(found.exception))
    return wrong, sent


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        (STRUCTURED, ("planned.requested.v1", "outage.started.v1")),
        (BATCH, ("crew.status.v1",)),
        (BINARY, ("ert.changed.v1",)),
    ],
    ids=("structured", "batch", "binary"),
)
def test_every_request_is_answered_as_documented(gateway: Served, kind: str, types: Sequence[str]) -> None:
    wrong, sent = asked(gateway, kind, types)
    assert wrong == []
    assert sent > EXAMPLES, "schemathesis found little to ask: look at its phases"


def test_schemathesis_finds_an_answer_that_is_not_documented(gateway: Served) -> None:
    wrong, _ = asked(gateway, STRUCTURED, ("cause.cleared.v1",), undocumented="422")
    assert any(line.startswith("status_code_conformance") for line in wrong), wrong


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == text(), f"run {COMMAND} and commit what it writes"


async def test_the_gateway_serves_the_committed_document(gateway: Served) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{gateway.url}/v1/openapi.json") as answer:
        assert (answer.status, await answer.text()) == (200, text())
