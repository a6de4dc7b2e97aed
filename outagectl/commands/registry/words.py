"""Report a registry import to people and to programs, and show its progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from connectors.table import Errors, OpenTable, RowError
from operations.registry.importing import ImportPlan
from operations.times import count
from outagectl.terminal.say import as_json, console

T = TypeVar("T")
SHOWN = 20
EVERY = 500


class ImportBars:
    """Two bars on standard error: the file's bytes as they are read, the topic's words as Kafka takes them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._reading = progress.add_task("reading", total=None)
        self._sending: Any = None

    def reading(self, items: Iterable[T], source: OpenTable) -> Iterator[T]:
        """The items as they are, the bar moved along with the file."""
        for number, item in enumerate(items):
            if number % EVERY == 0:
                self._progress.update(self._reading, total=source.size, completed=source.done())
            yield item
        self._progress.update(self._reading, total=source.size, completed=source.size)

    def end(self) -> None:
        """No more of it: a person is asked something, and what follows is short."""
        self._progress.stop()

    def sent(self, number: int) -> None:
        """So many more words are on the topic."""
        if self._sending is None:
            self._sending = self._progress.add_task("sending", total=None)
        self._progress.update(self._sending, advance=number)


@contextmanager
def bars() -> Iterator[ImportBars]:
    """Progress while the block runs; nothing where standard error is no terminal."""
    err = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield ImportBars(progress)


def document(plan: ImportPlan, errors: Errors, *, dry_run: bool, what: str) -> None:
    """One JSON document. `what`: customers or contacts, whose rows `rows` counts."""
    as_json(
        {
            what: plan.rows,
            "dryRun": dry_run,
            "refused": plan.refused,
            "new": plan.new,
            "changed": plan.changed,
            "unchanged": plan.unchanged,
            "missing": plan.missing if what == "customers" else None,
            "pruned": plan.pruned,
            "erased": plan.erased,
            "numbers": plan.numbers,
            "dropped": plan.dropped,
            "sent": plan.sent,
            "errorCount": errors.count,
            "errors": [_as_dict(error) for error in errors.kept],
        }
    )


def _as_dict(error: RowError) -> dict[str, Any]:
    return {
        "line": error.line,
        "column": error.column,
        "customerId": error.shown_subject,
        "problem": error.shown_problem,
    }


class DoubtfulRows:
    """Rows that were taken and may be wrong all the same: the first of them, and how many."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[str] = []

    def add(self, doubt: RowError) -> None:
        """One more."""
        self.count += 1
        if len(self._first) < SHOWN:
            self._first.append(str(doubt))

    def tell(self) -> None:
        """Name them."""
        out = console()
        for line in self._first:
            out.print(f"? {line}", style="yellow", markup=False, soft_wrap=True)
        if self.count > len(self._first):
            out.print(f"… and {self.count - len(self._first):,} more numbers in doubt.")


def tell_errors(errors: Errors) -> None:
    """The first SHOWN errors by line, and how many more there are."""
    out = console()
    for error in sorted(errors.kept, key=lambda error: error.line)[:SHOWN]:
        out.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
    if errors.count > SHOWN:
        out.print(f"… and {errors.count - SHOWN:,} more of {count(errors.count, 'error')}; --json lists 1,000.")


def tell(plan: ImportPlan, *, dry_run: bool, whole: bool) -> None:
    """What was done, or would be. `whole`: the file stands for the whole registry, so who is not in it is missing."""
    out = console()
    would = "would be " if dry_run else ""
    out.print(
        f"{count(plan.new, 'customer')} {would}new, {plan.changed:,} {would}changed, {plan.unchanged:,} unchanged."
    )
    if plan.numbers or plan.dropped:
        out.print(
            f"{count(plan.numbers, 'phone number')} {would}put into the vault, {plan.dropped:,} {would}dropped from it."
        )
    if not dry_run:
        out.print(f"{count(plan.sent, 'customer')} sent to outage.customers.")
    if whole and plan.pruned:
        out.print(f"{count(plan.pruned, 'customer')} not in the file {would}forgotten.")
    elif whole and plan.missing:
        out.print(
            f"{plan.missing:,} of {count(plan.known, 'known customer')} not in the file; they stay (--prune forgets them)."
        )
    for name in plan.erased[:SHOWN]:
        out.print(
            f"[yellow]{escape(name)} was erased and stays forgotten (--bring-back {escape(name)} if they came back).[/]"
        )
    if len(plan.erased) > SHOWN:
        out.print(f"… and {len(plan.erased) - SHOWN:,} more erased customers.")
