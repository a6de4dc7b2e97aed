"""Read a network from CSV, one element a row; problems are worded so that whoever keeps the file can put them right.

Columns element_id, kind, name; public_name, fed_from, areas, nominal_voltage, territory, customers_served, dedicated,
latitude, longitude; name_en, name_zh, … for what it is called in other languages.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, get_args

import msgspec

from connectors.cells import converted, figure, parts, position, yes
from connectors.network.agreement import ELEMENT, Agreement
from connectors.network.ways import NOT_IN_IDS, ways_of
from connectors.table import CsvRow, CsvTable, Errors, RowError, RowProblem
from schemas.bounds import INT4
from schemas.contracts.base import Territory
from schemas.contracts.network import ElementKind, ModelRef, NetworkElement
from services.kernel.bounds import PAYLOAD_BYTES

REQUIRED: Final = ("element_id", "kind", "name")
OPTIONAL: Final = (
    "public_name",
    "fed_from",
    "areas",
    "nominal_voltage",
    "territory",
    "customers_served",
    "dedicated",
    "latitude",
    "longitude",
    "name_en",
    "name_zh",
)
"""name_ with any other language too."""
LONGEST_NAME: Final = 200
KINDS: Final[Mapping[str, str]] = {
    **{kind.lower(): kind for kind in get_args(ElementKind)},
    "usage_point": "usagePoint",
    "usage point": "usagePoint",
    "变电站": "substation",
    "线路": "line",
    "线段": "section",
    "变压器": "transformer",
    "用电点": "usagePoint",
    "区域": "area",
}
# The areas of the service standard, as Chinese registries write them.
TERRITORIES: Final[Mapping[str, str]] = {
    **{name: name for name in get_args(Territory)},
    "城区": "urban",
    "农村": "rural",
    "边远": "remote",
    "特殊边远": "remote",
}
_LANGUAGE = re.compile("name_(?P<language>[a-z]{2})(?:-(?P<region>[a-z]{2}))?")
_FIGURE = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)


def elements_in(table: CsvTable, errors: Errors, model: ModelRef) -> Iterator[NetworkElement]:
    """The elements of a table, in its order; `model` goes into each.

    What is wrong goes to `errors`, some of it only after the last row: a network counts whole or not at all.

    Raises:
        FileProblem: the table cannot be read.

    """
    languages = {name: _tag(found) for name in table.header if (found := _LANGUAGE.fullmatch(name))}
    table.check(REQUIRED, tuple(dict.fromkeys((*OPTIONAL, *languages))))
    file = Agreement(errors)
    for row in table.rows(errors):
        try:
            element = element_of(row, languages, model)
            file.take(row.line, element)
        except RowProblem as error:
            errors.add(RowError(row.line, str(error), row.get("element_id") or None, error.column, ELEMENT))
        else:
            yield element
    file.end()


def element_of(row: CsvRow, languages: Mapping[str, str], model: ModelRef) -> NetworkElement:
    """The element of a row. `languages`: language tags by column.

    Raises:
        RowProblem: a cell cannot be used.

    """
    fields: dict[str, object] = {
        "elementId": _id(row),
        "kind": _word(row, "kind", KINDS, get_args(ElementKind)),
        "name": row.get("name"),
        "names": dict(_names(row, languages)),
        "fedFrom": ways_of(row),
        "areas": list(dict.fromkeys(parts(row, "areas"))),
        "dedicated": yes(row, "dedicated"),
        "model": model,
    }
    if row.get("public_name"):
        fields["publicName"] = row.get("public_name")
    if row.get("territory"):
        fields["territory"] = _word(row, "territory", TERRITORIES, get_args(Territory))
    voltage = figure(row, "nominal_voltage", "kilovolts above 0, up to 2000, such as 10 or 0.4", 0.001, 2000)
    if voltage is not None:
        fields["nominalVoltage"] = voltage
    served = figure(row, "customers_served", "a whole number of customers, such as 85", 0, INT4.most, whole=True)
    if served is not None:
        fields["customersServed"] = int(served)
    if (found := position(row)) is not None:
        fields["position"] = found
    element = converted(fields, NetworkElement)
    if (size := len(msgspec.json.encode(element))) > PAYLOAD_BYTES:
        problem = (
            f"this element takes {size:,} bytes, and Kafka takes {PAYLOAD_BYTES:,} at once: name fewer ways or areas"
        )
        raise RowProblem(problem, "fed_from")
    return element


def _tag(found: re.Match[str]) -> str:
    """`zh-CN` of a column name_zh-cn: header cells are in lower case."""
    return f"{found['language']}-{found['region'].upper()}" if found["region"] else found["language"]


def _id(row: CsvRow) -> str:
    written = row.get("element_id")
    if not written:
        raise RowProblem("element_id is empty: give each element an id that stays the same", "element_id")
    if strange := [character for character in NOT_IN_IDS if character in written]:
        problem = f"element_id holds {' '.join(strange)}, which parts ids in fed_from: write the id without it"
        raise RowProblem(problem, "element_id")
    if _FIGURE.fullmatch(written):
        problem = "element_id was turned into a figure by a spreadsheet: format the column as text and enter it again"
        raise RowProblem(problem, "element_id")
    return written


def _word(row: CsvRow, name: str, words: Mapping[str, str], offered: tuple[str, ...]) -> str:
    found = words.get(row.get(name).lower())
    if found is None:
        others = ", ".join(word for word in words if not word.isascii())
        raise RowProblem(f"{name} must be one of {', '.join(offered)} (or {others})", name)
    return found


def _names(row: CsvRow, languages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for column, language in languages.items():
        name = row.get(column)
        if len(name) > LONGEST_NAME:
            problem = f"{column} cannot be used (it is longer than {LONGEST_NAME} characters): correct it"
            raise RowProblem(problem, column)
        if name:
            yield language, name
