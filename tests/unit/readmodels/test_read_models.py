"""The read model of promises, folded without a database: what is read, what is left out, and old forms read as new."""

from typing import Any

import msgspec
import pytest

from schemas.contracts.promises import TYPES
from schemas.golden.promises import EXAMPLES
from schemas.upcast import UPCASTERS
from services.kernel.reading import projections
from services.kernel.reading.projections import LogReader
from services.readmodels.promises import PromiseRow, PromiseRows
from tests.kits.kernel.toy import START


def row(position: int, type_name: str, data: dict[str, Any]) -> tuple[Any, ...]:
    return (position, "outage/F-1", type_name, msgspec.json.encode(data).decode(), START)


def folded(*rows: tuple[Any, ...]) -> list[PromiseRow]:
    model = PromiseRows()
    return model.fold(LogReader(model).events(rows))


def test_every_published_word_about_a_promise_is_read_by_the_leaner_structs() -> None:
    assert {example.type for example in EXAMPLES} == set(TYPES) == set(PromiseRows.reads)
    (promise,) = folded(*(row(n, example.type, example.data) for n, example in enumerate(EXAMPLES, 1)))
    contract = msgspec.convert(EXAMPLES[0].data, TYPES[EXAMPLES[0].type])
    assert (promise.promise_id, promise.mrid, promise.customer_id, promise.rule_id) == (
        contract.promise_id,
        contract.mrid,
        contract.customer_id,
        contract.rule.rule_id,
    )
    assert (promise.state, promise.corrected_from, promise.position) == ("kept", "broken", len(EXAMPLES))


def test_a_row_names_every_column_and_a_service_reads_only_the_types_it_needs() -> None:
    assert tuple(PromiseRows.columns) == PromiseRow.__struct_fields__
    assert LogReader(PromiseRows()).types == sorted(TYPES)
    for name in PromiseRows.columns:
        assert f"\n  {name} " in PromiseRows.ddl
        assert f"{name} " in PromiseRows.source


def test_a_superseded_word_in_the_log_is_read_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    projections._types.cache_clear()
    example = EXAMPLES[0]
    old = {**example.data, "obligation_text": example.data["obligation"]}
    del old["obligation"]

    def newest(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "promise.made.v1", {**data, "obligation": data["obligation_text"]}

    monkeypatch.setitem(UPCASTERS, "promise.made.v0", newest)  # type: ignore[arg-type]
    try:
        assert "promise.made.v0" in LogReader(PromiseRows()).types
        (promise,) = folded(row(1, "promise.made.v0", old))
    finally:
        projections._types.cache_clear()
    assert promise.obligation == example.data["obligation"]
    assert (promise.state, promise.due_at) == ("made", example.data["dueAt"])
