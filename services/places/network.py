"""Read the utility's lines from a file (setting OUTAGE_NETWORK_FILE): CSV with the header line,area[,transformer].

One row for each area of a line; area and transformer may be blank. Where the file names no area of a line, nothing can
be said about the areas of work on it; the same for transformers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.contracts.base import Extent
from services.places.names import distinct, normal, normals
from services.policy import PolicyError

COLUMNS = (["line", "area"], ["line", "area", "transformer"])
Places = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Network:
    """Areas and transformers by line, all in normal form."""

    areas: Places
    transformers: Places

    def unknown(self, extent: Extent) -> tuple[str, ...]:
        """Lines of `extent` that are not in the file."""
        return tuple(line for line in distinct(extent.lines) if normal(line) not in self.areas)

    def elsewhere(self, extent: Extent) -> Iterator[tuple[str, str]]:
        """Areas and transformers of `extent` that lie on none of its lines: (area or transformer, name)."""
        lines = sorted(normals(extent.lines))
        for kind, named, places in (
            ("area", extent.areas, self.areas),
            ("transformer", extent.transformers, self.transformers),
        ):
            if lines and all(places.get(line) for line in lines):
                there = frozenset[str]().union(*(places[line] for line in lines))
                yield from ((kind, name) for name in distinct(named) if normal(name) not in there)


def load_network(path: Path | str) -> Network:
    """Read the file at `path`.

    Raises:
        PolicyError: it is missing or wrong; the message names the line and the remedy.

    """
    areas: dict[str, set[str]] = {}
    transformers: dict[str, set[str]] = {}
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = [name.strip() for name in next(rows, [])]
            if header not in COLUMNS:
                raise PolicyError(
                    f"{path}, line 1: the header is {','.join(header)!r}: write line,area or line,area,transformer"
                )
            for row in rows:
                if not any(cell.strip() for cell in row):
                    continue
                line, area, transformer, *more = [*(cell.strip() for cell in row), *[""] * (3 - len(row))]
                if not normal(line) or more or len(row) > len(header):
                    raise PolicyError(
                        f"{path}, line {rows.line_num}: {','.join(row)!r}: write {','.join(header)}, the line first"
                    )
                place = normal(line)
                areas.setdefault(place, set()).update(normals([area]))
                transformers.setdefault(place, set()).update(normals([transformer]))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}): give the path of a network file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PolicyError(f"{path}: is not CSV in UTF-8: {error}: save it so") from error
    if not areas:
        raise PolicyError(f"{path}: names no lines, so every plan would be refused: write one row for each line")
    return Network(_frozen(areas), _frozen(transformers))


def _frozen(places: Mapping[str, set[str]]) -> Places:
    return {line: frozenset(names) for line, names in places.items()}
