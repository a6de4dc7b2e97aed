"""Say what is wrong with a message so that its sender can mend it."""

import re
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct, inspect

Reason = Literal[
    "not-json",
    "wrong-type",
    "unknown-field",
    "unknown-type",
    "wrong-topic",
    "missing-id",
    "missing-source",
    "bad-time",
    "key-mismatch",
    "empty-value",
    "not-a-cloudevent",
    "out-of-bounds",
    "reserved-source",
]
# Evidence cites a message as source/id, and a name in a contract holds 200 characters.
CITATION_LIMIT = 199
REASONS: tuple[Reason, ...] = get_args(Reason)

WRITE_INSTANT: Final = (
    "write an RFC 3339 instant with its offset, e.g. 2026-03-05T09:12:00+08:00; 24:00 is 00:00 of the next day"
)
_FORMS = {
    "A-Za-z0-9._:-": "may hold letters, digits and . _ : - alone, and begins with a letter or digit",
    "[a-z]{2}(-[A-Z]{2})?": "is no language tag such as zh-CN or en",
}
_LENGTH = re.compile(r"^Expected `str` of length (>=|<=) (\d+)$")
_PATH = re.compile(r" - at `(?:key in )?\$\.?(.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_INSTANT_RULE = re.compile(r"^([a-z_]+) \S+ (?:is outside|is not after)")
_INDEX = re.compile(r"\[[^]]*\]")
_SHOWN = 60
_LONG_NUMBER = re.compile(r"\d[\d ()-]{5,}\d")


class ContractError(ValueError):
    """A message breaks its contract.

    `reason` is for programs (one of `REASONS`), `field` is the wire path (`plannedPeriod.end`, `ce_time`, `key`),
    `problem` says what is wrong and `remedy` what to do. `source`, `id` and `type` are those of the message as far as
    they could be read, so that a quarantined message can still be named.
    """

    def __init__(self, field: str, problem: str, remedy: str, *, reason: Reason) -> None:
        self.field = field
        self.problem = problem
        self.remedy = remedy
        self.reason: Reason = reason
        self.source: str | None = None
        self.id: str | None = None
        self.type: str | None = None
        super().__init__(f"{field}: {problem}; {remedy}")

    def name(self, source: str | None, event_id: str | None, type_name: str | None) -> None:
        """Say which message it was; cut to what a contract's name holds."""
        self.source = (source or "")[:CITATION_LIMIT] or None
        self.id = (event_id or "")[:CITATION_LIMIT] or None
        self.type = (type_name or "")[:CITATION_LIMIT] or None


def shown(text: str) -> str:
    """`text` short enough for a log line and with long numbers masked, for one of them may be a phone number."""
    masked = _LONG_NUMBER.sub("…", text)
    return repr(masked if len(masked) <= _SHOWN else masked[: _SHOWN - 1] + "…")


def data_error(error: Exception, struct: type[Struct], type_name: str) -> ContractError:
    """Turn msgspec's refusal of a message's data into field, problem and remedy.

    `struct` is the contract that refused it, `type_name` its type, e.g. planned.requested.v1.
    """
    if not isinstance(error, msgspec.ValidationError):
        return ContractError(
            "data",
            "is nested too deeply" if isinstance(error, RecursionError) else f"is not JSON in UTF-8 ({error})",
            "send one JSON object, see schemas/examples/" + type_name + ".json",
            reason="not-json",
        )
    text = str(error)
    found = _PATH.search(text)
    path = found.group(1) if found else ""
    problem = text[: found.start()] if found else text
    if missing := _MISSING.match(problem):
        path = f"{path}.{missing.group(1)}" if path else missing.group(1)
        return _wrong(path, "is missing", f"add it, see schemas/examples/{type_name}.json")
    if rule := _INSTANT_RULE.match(problem):
        path = f"{path}.{_camel(rule.group(1))}" if path else _camel(rule.group(1))
        return _wrong(
            path, problem.partition(" ")[2].partition(": ")[0], "check the year and the order of the two ends"
        )
    return _wrong(path or "data", _plain(problem), _remedy(problem, struct, path, type_name))


def in_words(problem: str) -> str:
    """Msgspec's refusal of a text without its own terms: no pattern is shown to whoever wrote the text."""
    if "matching regex" in problem:
        return next(
            (words for part, words in _FORMS.items() if part in problem), "is not of the form that is asked for"
        )
    if length := _LENGTH.match(problem):
        return "is empty" if length[1] == ">=" else f"is longer than {int(length[2]):,} characters"
    return problem[:1].lower() + problem[1:]


def _wrong(field: str, problem: str, remedy: str) -> ContractError:
    return ContractError(field, problem, remedy, reason="wrong-type")


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _plain(problem: str) -> str:
    if problem.startswith("Invalid enum value"):
        return "is not one of the words allowed: " + shown(problem.removeprefix("Invalid enum value ").strip("'"))
    return in_words(problem) if "matching regex" in problem else problem[:1].lower() + problem[1:]


def _remedy(problem: str, struct: type[Struct], path: str, type_name: str) -> str:
    if "datetime" in problem:
        return WRITE_INSTANT
    if ".shape" in path:
        return 'write GeoJSON: {"type": "Polygon", "coordinates": [[[longitude, latitude], …]]}, or a MultiPolygon'
    if problem.startswith("Invalid enum value") and (words := _words(struct, path)):
        return "write one of " + ", ".join(words)
    return f"see schemas/json/{type_name}.json for what is allowed"


def _words(struct: type[Struct], path: str) -> list[str]:
    """The words allowed at `path`; empty where the path leads to none."""
    node: Any = inspect.type_info(struct)
    for step in _INDEX.sub(".[]", path).split("."):
        node = _descend(bare_type(node), step)
        if node is None:
            return []
    node = bare_type(node)
    return sorted(str(value) for value in node.values) if isinstance(node, inspect.LiteralType) else []


def bare_type(node: Any) -> Any:
    """`node` without its annotations and without `| None`."""
    while True:
        if isinstance(node, inspect.Metadata):
            node = node.type
        elif isinstance(node, inspect.UnionType):
            node = next(kind for kind in node.types if not isinstance(kind, inspect.NoneType))
        else:
            return node


def _descend(node: Any, step: str) -> Any:
    if step == "[]":
        return getattr(node, "item_type", None)
    if isinstance(node, inspect.StructType):
        return next((field.type for field in node.fields if field.encode_name == step), None)
    return None
