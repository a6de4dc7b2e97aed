"""Write a fact as another system does: other width, case and composition of names, another zone, fields that we do not know."""

import json
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import encode

ZONES: Final = (8, -5, 5.5, 12.75)
PLACES: Final = ("lines", "areas", "transformers", "usagePoints")


def _wide(name: str) -> str:
    """Letters and digits of double width."""
    return "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one for one in name)


SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    _wide,
    str.upper,
    str.lower,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: name.replace("千伏", "kV ").replace("-", "–"),
    lambda name: f" {name}\u3000",
    lambda name: f"{name[:3]}\u200b{name[3:]}",
)


def foreign(fact: dispatch.Fact, random: Random) -> bytes:
    """The JSON of a fact, which means the same."""
    data = json.loads(encode(fact))
    data = {key: _instant(value, random) for key, value in data.items()}
    if "extent" in data:
        data["extent"] = {
            kind: [random.choice(SPELLINGS)(name) for name in value] if kind in PLACES else value
            for kind, value in data["extent"].items()
        }
    if random.random() < 1 / 2:
        data |= {"sourceSystemVersion": "4.1", "operator": {"desk": 3}}
    keys = random.sample(list(data), len(data))
    return json.dumps({key: data[key] for key in keys}, ensure_ascii=random.random() < 1 / 2).encode()


def _instant(value: Any, random: Random) -> Any:
    """An instant in another zone, whatever else it is as it is."""
    if not (isinstance(value, str) and value.startswith("20") and value.endswith("Z")):
        return value
    zone = timezone(timedelta(hours=random.choice(ZONES)))
    return datetime.fromisoformat(value).astimezone(zone).isoformat()
