"""Read a SimBench grid (simbench.de, its CSV files) as elements of a network model.

Loads become usage points, lines sections, and what leaves a substation of high to medium voltage by one section a feeder, as
far as closed switches lead. The transmission grid is one substation: whatever hangs on it has power.
"""

import csv
import lzma
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from connectors.network.wiring import Switch, Wiring
from schemas.contracts.network import ElementKind, Feed, ModelRef, NetworkElement
from services.places.topology import NetworkModel

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "Node": ("id", "type", "vmR", "voltLvl", "substation"),
    "Line": ("id", "nodeA", "nodeB"),
    "Switch": ("id", "nodeA", "nodeB", "cond"),
    "Transformer": ("id", "nodeHV", "nodeLV"),
    "Load": ("id", "node"),
}
"""The files that are read, with the columns that say something here."""
TRANSMISSION: Final = "transmission grid"
_TRANSMISSION_LEVEL, _MEDIUM_LEVEL = "1", "5"
"""SimBench's numbers of voltage levels: extra high, medium."""
Table = list[dict[str, str]]


class NotSimBench(ValueError):
    """The folder does not hold a SimBench grid; the message says what is missing."""


def files_in(folder: Path) -> Mapping[str, Path]:
    """The file of each table in `folder`, packed with xz or not.

    Raises:
        NotSimBench: one is missing.

    """
    return {name: _file(folder, name) for name in TABLES}


def read_folder(folder: Path) -> Mapping[str, Table]:
    """The tables in `folder`.

    Raises:
        NotSimBench: one is missing, or cannot be read.

    """
    return {name: _table(path, TABLES[name]) for name, path in files_in(folder).items()}


def elements(tables: Mapping[str, Table], model: ModelRef) -> Iterator[NetworkElement]:
    """All elements of a grid: substations, feeders, sections, transformers, usage points.

    Raises:
        NotSimBench: the tables do not fit together.

    """
    try:
        made = list(_drawn(tables, model))
    except KeyError as error:
        raise NotSimBench(
            f"a table names the node {error}, and Node.csv has none such: take all tables of one grid"
        ) from None
    except ValueError as error:
        raise NotSimBench(f"Node.csv has a voltage (vmR) that is no number ({error}): correct it") from None
    yield from _with_feeders(made, model)


def _table(path: Path, columns: tuple[str, ...]) -> Table:
    try:
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter=";", restval="")
            missing = [name for name in columns if name not in (rows.fieldnames or ())]
            if not missing:
                return list(rows)
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError, csv.Error) as error:
        raise NotSimBench(f"{path} cannot be read ({error}): fetch it again") from None
    raise NotSimBench(f"{path} has no column {', '.join(missing)}: give the folder of one SimBench grid")


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.xz"):
        if path.is_file():
            return path
    raise NotSimBench(f"{folder} has no {name}.csv (or {name}.csv.xz): give the folder of one SimBench grid")


def _drawn(tables: Mapping[str, Table], model: ModelRef) -> Iterator[NetworkElement]:
    """Elements as they stand in the tables, and what may feed what."""
    levels = {row["id"]: row["voltLvl"] for row in tables["Node"]}
    volts = {row["id"]: float(row["vmR"]) for row in tables["Node"]}
    kinds: dict[str, ElementKind] = {TRANSMISSION: "substation"}
    terminals: dict[str, list[str]] = {
        TRANSMISSION: [node for node, level in levels.items() if level == _TRANSMISSION_LEVEL]
    }
    busbars: dict[str, list[str]] = defaultdict(list)
    for row in tables["Transformer"]:
        kinds[row["id"]], terminals[row["id"]] = "transformer", [row["nodeHV"], row["nodeLV"]]
    for row in tables["Line"]:
        kinds[row["id"]], terminals[row["id"]] = "section", [row["nodeA"], row["nodeB"]]
    for row in tables["Load"]:
        kinds[row["id"]], terminals[row["id"]] = "usagePoint", [row["node"]]
    for row in tables["Node"]:
        if row["substation"] != "NULL" and row["voltLvl"] == _MEDIUM_LEVEL and row["type"] != "auxiliary":
            busbars[row["substation"]].append(row["id"])
    for substation, nodes in busbars.items():
        kinds[substation], terminals[substation] = "substation", nodes
    switches = [Switch(row["id"], (row["nodeA"], row["nodeB"]), row["cond"] == "1") for row in tables["Switch"]]
    ways = Wiring(terminals, switches, frozenset({TRANSMISSION}), frozenset(busbars)).ways()
    for element, kind in kinds.items():
        yield NetworkElement(
            element_id=element,
            kind=kind,
            name=element,
            fed_from=ways[element],
            nominal_voltage=volts[terminals[element][-1]] if element != TRANSMISSION else None,
            customers_served=1 if kind == "usagePoint" else None,
            model=model,
        )


def _with_feeders(made: list[NetworkElement], model: ModelRef) -> Iterator[NetworkElement]:
    """The same with a line between each substation and the sections that leave it."""
    network = NetworkModel(made)
    stations = {one.element_id for one in made if one.kind == "substation" and one.element_id != TRANSMISSION}
    feeders: dict[str, str] = {}
    for station in sorted(stations):
        leaving = [one for one in network.fed(station) if network.elements[one].kind == "section"]
        for number, section in enumerate(leaving, 1):
            feeders[section] = f"{station} feeder {number}"
            yield NetworkElement(
                element_id=feeders[section],
                kind="line",
                name=feeders[section],
                fed_from=tuple(feed for feed in network.elements[section].fed_from if feed.element_id == station),
                nominal_voltage=network.elements[section].nominal_voltage,
                model=model,
            )
    for one in made:
        yield msgspec.structs.replace(
            one, fed_from=tuple(_over(feed, one.element_id, feeders, stations) for feed in one.fed_from)
        )


def _over(feed: Feed, element: str, feeders: Mapping[str, str], stations: set[str]) -> Feed:
    """A section that leaves a substation is fed by its feeder; the switches stand between that and the substation."""
    if element in feeders and feed.element_id in stations:
        return Feed(element_id=feeders[element])
    return feed
