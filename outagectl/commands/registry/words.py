"""Report a registry import to people and to programs."""

from __future__ import annotations

from rich.markup import escape

from connectors.table import Errors, RowError
from operations.registry.importing import ImportPlan
from operations.times import count
from outagectl.terminal.files import SHOWN, error_document
from outagectl.terminal.say import as_json, console


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
            "errors": [error_document(error, "customerId") for error in errors.kept],
        }
    )


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
