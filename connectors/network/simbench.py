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

TABLES: Final = ("Node", "Line", "Switch", "Transformer", "Load", "Substation")
TRANSMISSION: Final = "transmission grid"
_TRANSMISSION_LEVEL, _MEDIUM_LEVEL = "1", "5"
"""SimBench's numbers of voltage levels: extra high, medium."""
Table = list[dict[str, str]]


class NotSimBench(ValueError):
    """The folder does not hold a SimBench grid; the message says what is missing."""


def read_folder(folder: Path) -> Mapping[str, Table]:
    """The tables in `folder`, packed with xz or not.

    Raises:
        NotSimBench: one is missing.

    """
    return {name: _table(folder, name) for name in TABLES}


def elements(tables: Mapping[str, Table], model: ModelRef) -> Iterator[NetworkElement]:
    """All elements of a grid: substations, feeders, sections, transformers, usage points."""
    made = list(_drawn(tables, model))
    yield from _with_feeders(made, model)


def _table(folder: Path, name: str) -> Table:
    for path, opened in ((folder / f"{name}.csv", open), (folder / f"{name}.csv.xz", lzma.open)):
        if path.is_file():
            with opened(path, "rt", encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file, delimiter=";"))
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
