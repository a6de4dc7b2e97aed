"""Records nobody asked for: golden examples of every contract, changed in whatever place and way a stranger could.

`records(random)` goes on for ever and is the same for the same seed. What it changes: key, header names and values, every
leaf of the body, the body's bytes, and the record as a whole. What it puts there is in `NASTY_*`: each has broken something
in some system before.
"""

import random
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from schemas.bounds import INT4, LIST
from schemas.cloudevent import parse_structured, to_kafka
from schemas.contracts.all_types import REGISTRY, TOPICS

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"

NASTY_TEXT = (
    "", " ", "\x00", "a\x00b", "\x00" * 200, "\x01\x1f\x7f\x80\x9f", "\u2028\u2029", "\u202e\u2066 rtl", "\u200b\u2060\ufeff",
    "\ufffd\ufffe\uffff", "\U0010ffff", "😀" * 100, "\ufdfa" * 200, "ß" * 200, "İ" * 100, "e\u0301" * 100, "线" * 200, "线" * 201,
    "x" * 2_000, "x" * 2_001, "'; drop table event; --", "%s %n {0} $1 \\x", "\\u0000", "\\", "null", "true", "1e999", "NaN",
    "a/b/c/d", "/", "//", "|", "a|b", "@", "#", "../../etc", "\r\n\t", "outage/x", "2026-02-30T00:00:00Z",
    "2026-03-05T24:00:00+08:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-05T01:00:00+99:99",
    "+44 7700 900123", "１２３", "Ⅷ线",
)  # fmt: skip
NASTY_BYTES = (
    b"", b"\x00", b"\x00" * 64, b"\xff\xfe", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe7\xba",
    (12345).to_bytes(8, "big"), (2**63 - 1).to_bytes(8, "big"), b"\x80" * 8, bytes(range(256)), b"k" * 70_000, b"\xef\xbb\xbf",
    b"\x00\x00\x00\x00\x01avro", b"1.0\x00", b"\n", b"%00", b'"', b"{}", b"null",
)  # fmt: skip
NASTY_NUMBERS = (
    -1, 0, 1, 2**15, 2**31 - 1, 2**31, -(2**31) - 1, 3_000_000_000, 2**53, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 0.5, 1e308,
    -1e-320, 10_000, 10_001, 100_000_000, 100_000_001, int(INT4.most), int(INT4.least),
)  # fmt: skip
NASTY_VALUES: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], [{}], {"": ""}, {"\x00": "\x00"}, ["x"] * 1_000, ["\x00"], "x" * 10_000,
    {"a": {"b": [1]}},
)  # fmt: skip
NASTY_BODIES = (
    b"", b"\x00", b"null", b"[]", b"{}", b'"x"', b"0", b"{", b"[" * 50_000, b'{"a":' * 20_000, b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"mRID":"\\ud800"}', b'{"mRID":"\\udc00\\ud800"}', b'{"mRID":"a","mRID":"b"}', b"9" * 5_000, b'{"x":' + b"9" * 5_000 + b"}",
    b"1e999", b"-", b"NaN", b"Infinity", b"{}{}", b"{}\x00", b"x" * 1_048_577, b'{"\\u0000":1}', b"<xml/>", b"Obj\x01avro",
)  # fmt: skip
HEADERS = ("ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_specversion", "content-type", "traceparent")
STRANGE_HEADERS = (
    "",
    "\x00",
    "a\x00b",
    "ce_",
    "CE_ID",
    "ce_data",
    "ce_dataschema",
    "线",
    "x" * 5_000,
    "__TypeId__",
    "\ufffe",
)
STRUCTURED = b"application/cloudevents+json"


@dataclass(frozen=True)
class Raw:
    """A record before it has a place: what any producer may put on any topic."""

    topic: str
    key: bytes | None
    headers: dict[str, bytes]
    value: bytes | None


def goods() -> list[Raw]:
    """One sound record of every contract and topic it travels on."""
    made: list[Raw] = []
    for path in sorted(EXAMPLES.glob("*.json")):
        raw = path.read_bytes()
        event = parse_structured(raw)
        if event.type not in REGISTRY:
            continue
        for topic in sorted(REGISTRY[event.type].topics):
            try:
                message = to_kafka(event, topic)
            except ValueError:
                continue  # a promise about an outage has no place on the topic of customers, and the other way round
            made.append(Raw(topic, message.key, dict(message.headers), message.value))
    return made


GOODS = goods()
Change = Callable[[random.Random, Raw], Raw]


def _names(draw: random.Random, raw: Raw) -> Raw:
    """A new id, and an outage or customer among few: a record that can be judged, and meets what others did."""
    number = str(draw.randrange(40))
    key = re.sub(rb"\d+$", number.encode(), raw.key or b"k") or b"k"
    value = (raw.value or b"").replace((raw.key or b"k"), key)
    headers = raw.headers | {"ce_id": str(draw.getrandbits(60)).encode(), "ce_subject": key}
    return replace(raw, key=key, value=value, headers=headers)


def _key(draw: random.Random, raw: Raw) -> Raw:
    return replace(raw, key=draw.choice((None, *NASTY_BYTES, *(text.encode() for text in NASTY_TEXT))))


def _header(draw: random.Random, raw: Raw) -> Raw:
    name = draw.choice(HEADERS)
    value = draw.choice((*NASTY_BYTES, *(text.encode() for text in NASTY_TEXT), STRUCTURED))
    return replace(raw, headers=raw.headers | {name: value})


def _no_header(draw: random.Random, raw: Raw) -> Raw:
    gone = draw.choice(HEADERS)
    return replace(raw, headers={name: value for name, value in raw.headers.items() if name != gone})


def _strange_header(draw: random.Random, raw: Raw) -> Raw:
    return replace(raw, headers=raw.headers | {draw.choice(STRANGE_HEADERS): draw.choice(NASTY_BYTES)})


def _source(draw: random.Random, raw: Raw) -> Raw:
    ours = (
        "/outage",
        "/outage/planner",
        "/outage/restorer/timer",
        "/outage/notifier/sender",
        "/twilio",
        "/dispatch/east/1",
    )
    return replace(raw, headers=raw.headers | {"ce_source": draw.choice(ours).encode()})


def _body(draw: random.Random, raw: Raw) -> Raw:
    return replace(raw, value=draw.choice((None, *NASTY_BODIES)))


def _bytes(draw: random.Random, raw: Raw) -> Raw:
    """A byte changed, taken out or put in, anywhere."""
    value = bytearray(raw.value or b"x")
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(value) + 1)
        value[at : at + draw.randint(0, 2)] = draw.choice(
            (b"", bytes([draw.randrange(256)]), b"\x00", b"\\u0000", b"\xed\xa0\x80")
        )
    return replace(raw, value=bytes(value))


def _topic(draw: random.Random, raw: Raw) -> Raw:
    return replace(raw, topic=draw.choice(GOODS).topic)


def _structured(draw: random.Random, raw: Raw) -> Raw:
    """The same in structured mode, with something nasty in an attribute, or not."""
    whole: dict[str, Any] = {
        name.removeprefix("ce_"): value.decode("utf-8", "replace")
        for name, value in raw.headers.items()
        if name.startswith("ce_")
    }
    if draw.random() < 0.7:
        whole[draw.choice((*whole, "data", "datacontenttype", "traceparent"))] = _nasty(draw)
    try:
        data = msgspec.Raw(raw.value or b"{}")
        value = msgspec.json.encode({"data": data} | whole)
    except (msgspec.MsgspecError, UnicodeError, OverflowError):
        value = b"{}"
    return replace(raw, headers={"content-type": STRUCTURED}, value=value)


def _nasty(draw: random.Random) -> Any:
    return draw.choice(draw.choice((NASTY_TEXT, NASTY_NUMBERS, NASTY_VALUES)))


def _leaf(draw: random.Random, raw: Raw) -> Raw:
    """Something nasty in one place of the body, at whatever depth; or the place gone, or another beside it."""
    try:
        data = msgspec.json.decode(raw.value or b"{}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return raw
    places = list(_places(data))
    if not places:
        return raw
    holder, name = draw.choice(places)
    what = draw.random()
    if what < 0.75:
        holder[name] = _nasty(draw)
    elif what < 0.85 and isinstance(holder, dict):
        del holder[name]
    elif isinstance(holder, dict):
        holder[draw.choice(NASTY_TEXT)] = _nasty(draw)
    else:
        holder.extend([holder[name]] * draw.choice((1, 500, LIST // 10)))
    return replace(raw, value=msgspec.json.encode(data))


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every place a value stands in: what holds it, and under which name or number."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in items:
        yield data, name
        yield from _places(value)


CHANGES: tuple[Change, ...] = (
    _key, _header, _header, _no_header, _strange_header, _source, _body, _bytes, _topic, _structured, *(_leaf,) * 8,
)  # fmt: skip


def records(draw: random.Random, topics: Collection[str] = TOPICS) -> Iterator[Raw]:
    """Records without end, made of those of some topics: two of ten sound, most with one change, some with several."""
    known = [raw for raw in GOODS if raw.topic in topics]
    while True:
        raw = _names(draw, draw.choice(known))
        for _ in range(draw.choice((0, 0, 1, 1, 1, 1, 1, 1, 2, 4))):
            raw = draw.choice(CHANGES)(draw, raw)
        yield raw
