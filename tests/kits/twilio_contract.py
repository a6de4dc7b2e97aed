"""Judge by Twilio's OpenAPI document, between a client and a server: nothing wrong passes unseen."""

import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp import web
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

SHARED = Path(os.environ.get("OUTAGE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FILE = SHARED / "contracts" / "twilio-messages.openapi.json"
REFUSAL_FIELDS = {"code": int, "message": str, "more_info": str, "status": int}
formats = FormatChecker(formats=())


@formats.checks("date-time-rfc-2822", raises=ValueError)
def _rfc2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value).tzinfo is not None


@formats.checks("phone-number")
def _phone_number(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"\+[1-9]\d{6,14}", value))


@formats.checks("uri")
def _uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@formats.checks("currency")
def _currency(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch("[A-Za-z]{3}", value))


def load() -> dict[str, Any]:
    """The document; without it the test says loudly that nothing was checked."""
    if not FILE.exists():
        pytest.skip(
            f"TWILIO'S CONTRACT NOT CHECKED: {FILE.name} is absent; put the shared folder beside the project or set OUTAGE_SHARED; "
            "without it nothing holds our requests and the simulator's answers to Twilio's contract"
        )
    document: dict[str, Any] = json.loads(FILE.read_text())
    return document


@dataclass
class Judge:
    """Collects every breach of the contract, in words."""

    document: dict[str, Any]
    breaches: list[str] = field(default_factory=list)
    exchanges: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._registry = Registry().with_resource("urn:twilio", Resource(contents=self.document, specification=DRAFT4))

    def _validate(self, value: Any, schema: Mapping[str, Any], where: str) -> None:
        absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:twilio#/components'))
        validator = OAS30Validator(absolute, registry=self._registry, format_checker=formats)
        for error in validator.iter_errors(value):
            self.breaches.append(f"{where}: {'.'.join(map(str, error.path))}: {error.message[:200]}")

    def operation(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The operation that serves this path, with its path parameters."""
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", template.replace(".", r"\."))
            match = re.fullmatch(pattern, path)
            if match and method.lower() in item:
                return item[method.lower()], match.groupdict()
        return None

    def request(self, method: str, path: str, query: list[tuple[str, str]], body: bytes, kind: str) -> None:
        """Holds one request to path, parameters and body of its operation."""
        where = f"{method} {path}"
        known = self.operation(method, path)
        if known is None:
            self.breaches.append(f"{where}: the contract has no such operation")
            return
        operation, in_path = known
        given = {("path", name): value for name, value in in_path.items()}
        given |= {("query", name): value for name, value in query}
        parameters = {(entry["in"], entry["name"]): entry for entry in operation.get("parameters", [])}
        for place, value in given.items():
            if place not in parameters:
                self.breaches.append(f"{where}: {place[0]} parameter {place[1]} is not in the contract")
                continue
            schema = parameters[place]["schema"]
            if schema.get("format") != "date-time":  # the document says date-time and its examples show days
                self._validate(self._typed(value, schema), schema, f"{where} {place[1]}")
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return
        if kind not in content:
            self.breaches.append(f"{where}: body of type {kind}, the contract wants {' or '.join(content)}")
            return
        schema = content[kind]["schema"]
        form: dict[str, Any] = {}
        for name, text in parse_qsl(body.decode(), keep_blank_values=True):
            if name not in schema["properties"]:
                self.breaches.append(f"{where}: the contract knows no field {name}")
            elif name in form:
                self.breaches.append(f"{where}: the field {name} comes twice")
            else:
                form[name] = self._typed(text, schema["properties"][name])
        self._validate(form, schema, where)

    @staticmethod
    def _typed(text: str, schema: Mapping[str, Any]) -> Any:
        # A form has only words; the schema says what they should be read as.
        with contextlib.suppress(ValueError):
            if schema.get("type") == "integer":
                return int(text)
            if schema.get("type") == "number":
                return float(text)
        if schema.get("type") == "boolean" and text in {"true", "false"}:
            return text == "true"
        return text

    def answer(self, method: str, path: str, status: int, body: bytes, kind: str) -> None:
        """Holds one answer to the operation's responses; Twilio's refusals, which the document lacks, to their form."""
        where = f"{method} {path} → {status}"
        self.exchanges.append((method, status))
        if status >= 400:
            refusal = json.loads(body)
            if {name: type(refusal.get(name)) for name in REFUSAL_FIELDS} != REFUSAL_FIELDS:
                self.breaches.append(f"{where}: not the form of a refusal: {refusal}")
            return
        known = self.operation(method, path)
        responses = known[0]["responses"] if known else {}
        if str(status) not in responses:
            self.breaches.append(f"{where}: the contract answers with {', '.join(responses)}")
            return
        schema = responses[str(status)]["content"][kind]["schema"]
        value = json.loads(body)
        self._validate(value, schema, where)
        self._complete(value, schema, where)

    def _complete(self, value: Any, schema: Mapping[str, Any], where: str) -> None:
        # The document marks no field as required, so a schema alone would be content with `{}`.
        resolved = self._resolve(schema)
        missing, unknown = resolved["properties"].keys() - value.keys(), value.keys() - resolved["properties"].keys()
        if missing or unknown:
            self.breaches.append(f"{where}: fields missing {sorted(missing)}, not in the contract {sorted(unknown)}")
        for message in value.get("messages", []):
            self._complete(message, resolved["properties"]["messages"]["items"], where)

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in schema:
            return schema
        found: Mapping[str, Any] = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found


@contextlib.asynccontextmanager
async def judged(judge: Judge, target: str) -> AsyncIterator[str]:
    """A real proxy before `target` that shows every exchange to the judge; yields its address."""
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            body = await request.read()
            query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
            judge.request(request.method, request.path, query, body, request.content_type)
            headers = {
                name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers
            }
            url = target + request.raw_path
            async with session.request(request.method, url, data=body, headers=headers) as answer:
                content = await answer.read()
                judge.answer(request.method, request.path, answer.status, content, answer.content_type)
                return web.Response(status=answer.status, body=content, content_type=answer.content_type)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
