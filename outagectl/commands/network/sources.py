"""Read a network model for a command: a CSV file, or the folder of a SimBench grid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from connectors.network.lines_file import is_lines_file, lines_in
from connectors.network.rows import elements_in
from connectors.network.simbench import NotSimBench, elements, files_in, read_folder
from connectors.table import Errors, OpenTable, opened
from operations.errors import Misused, Refused
from outagectl.terminal.files import date_of
from schemas.contracts.base import EARLIEST
from schemas.contracts.network import ModelRef, NetworkElement
from services.kernel.clock import Clock
from services.places import cleaned

LONGEST_NAME = 200
SimBench = Annotated[
    Path | None,
    typer.Option("--simbench", metavar="DIR", help="Folder of one SimBench grid (its CSV files, .xz or not)."),
]


class NetworkSource:
    """A model as its file has it. `edition`: the model's id, and the file's date."""

    def __init__(self, file: Path | None, simbench: Path | None, model_id: str | None, clock: Clock) -> None:
        """Look at the file; it is read later.

        Raises:
            Misused: no file is named, or two, or the model's id is none.
            NotFound, Refused: the file is not there, or no network.

        """
        if (file is None) == (simbench is None):
            raise Misused("name one network: FILE.csv, or --simbench DIR")
        self.path = Path(file or simbench or "")
        self._simbench = simbench is not None
        self._open: OpenTable | None = None
        self.note: str | None = None
        """What is to be told about how the file was read."""
        whole = self.path.resolve()
        name = cleaned(model_id if model_id is not None else whole.name if self._simbench else whole.stem)
        if not 0 < len(name) <= LONGEST_NAME:
            raise Misused(f"--model is the name of the model, 1 to {LONGEST_NAME} characters: give it one")
        dates = [date_of(path, clock) for path in self._files()]
        self.edition = ModelRef(model_id=name, date=max(EARLIEST, *dates))

    def read(self, errors: Errors) -> Iterator[NetworkElement]:
        """The elements, from the start.

        Raises:
            FileProblem: the file cannot be read.
            Refused: the grid cannot be read.

        """
        if self._simbench:
            yield from self._grid
            return
        with opened(self.path) as self._open:
            self.note = self._open.note
            read = lines_in if is_lines_file(self._open.table) else elements_in
            yield from read(self._open.table, errors, self.edition)

    @property
    def size(self) -> int:
        """Bytes of the file; of a grid, which is read at once, its elements."""
        return len(self._grid) if self._simbench else self.path.stat().st_size

    def done(self) -> int:
        """How much of it is read."""
        return self._open.done() if self._open else 0

    def _files(self) -> list[Path]:
        try:
            return list(files_in(self.path).values()) if self._simbench else [self.path]
        except NotSimBench as error:
            raise Refused(str(error)) from None

    @cached_property
    def _grid(self) -> list[NetworkElement]:
        try:
            return list(elements(read_folder(self.path), self.edition))
        except NotSimBench as error:
            raise Refused(str(error)) from None
