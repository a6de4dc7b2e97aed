"""A read model whose rows come out differently has another version: else old rows stand beside new ones, and nobody rebuilds."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from schemas.golden import EXAMPLES
from services.kernel.reading.projections import LogReader, ReadModel
from services.readmodels import READ_MODELS
from tests.kits.kernel.toy import START

KNOWN = Path(__file__).parent / "versions.json"
MODELS = {one.name: one for models in READ_MODELS.values() for one in models}


def rows(model: ReadModel) -> Iterator[bytes]:
    """What every word of the contracts comes to, one by one: of words of one promise another word is another row."""
    for example in EXAMPLES:
        if example.type in model.reads:
            data = msgspec.json.encode(example.data).decode()
            events = LogReader(model).events([(1, "outage/F-1", example.type, data, START)])
            yield from (msgspec.json.encode(row) for row in model.fold(events))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_rows_that_come_out_differently_have_a_version_of_their_own(name: str) -> None:
    """versions.json beside this file has a digest of each version: of its table, and of the rows of the contracts' examples."""
    model = MODELS[name]
    form = [model.ddl, *model.indexes, *model.columns, model.source, model.put]
    digest = sha256("\n".join(form).encode() + b"\n".join(rows(model))).hexdigest()[:16]
    known: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    mark = f"{name} {model.version}"
    assert mark in known, f'add "{mark}": "{digest}" to {KNOWN.name}'
    assert known[mark] == digest, (
        f"raise the version of {name} (CONTRIBUTING, A read model); where only an example is another one, "
        f'write "{mark}": "{digest}" into {KNOWN.name}'
    )
