"""The result of an audit: checks with how many things each looked at, and the complaints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KEPT_FAULTS = 20


@dataclass(slots=True)
class Check:
    """One claim about one service, and how it fared."""

    service: str
    name: str
    claim: str
    """What must be so, in a sentence."""
    unit: str
    """What is counted, in the singular."""
    checked: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    """Figures that are no faults: `copies on the topic`, `waiting for a receipt`."""
    fault_count: int = 0
    faults: list[str] = field(default_factory=list)
    """The first KEPT_FAULTS of them."""
    skipped: str | None = None
    """Why it was not made; a check that was not made has not passed."""

    def fault(self, text: str) -> None:
        """Name something that is not so."""
        self.fault_count += 1
        if len(self.faults) < KEPT_FAULTS:
            self.faults.append(text)

    def note(self, name: str, by: int = 1) -> None:
        """Count something worth saying."""
        self.notes[name] = self.notes.get(name, 0) + by

    @property
    def passed(self) -> bool:
        """Whether everything that was looked at is as it must be."""
        return self.fault_count == 0

    def as_json(self) -> dict[str, Any]:
        """One row of the report."""
        return {
            "service": self.service,
            "check": self.name,
            "claim": self.claim,
            "checked": self.checked,
            "unit": self.unit,
            "passed": self.passed if self.skipped is None else None,
            "notes": self.notes,
            "faultCount": self.fault_count,
            "faults": self.faults,
            "skipped": self.skipped,
        }


@dataclass(slots=True)
class Report:
    """All checks of one run."""

    checks: list[Check] = field(default_factory=list)

    def check(self, service: str, name: str, claim: str, unit: str) -> Check:
        """A new check, counted with the rest."""
        made = Check(service, name, claim, unit)
        self.checks.append(made)
        return made

    def not_allowed(self, service: str, why: str) -> None:
        """Say that something of a service could not be looked at, for want of the right: that is no fault found."""
        made = self.check(service, "rights", "this role may read what is to be checked", "check")
        made.skipped = f"not checked: {why}"

    @property
    def unseen(self) -> bool:
        """Whether something was left out for want of the right to read it."""
        return any(check.name == "rights" for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check that was made passed, and at least one was made."""
        made = [check for check in self.checks if check.skipped is None]
        return bool(made) and all(check.passed for check in made)

    def as_json(self) -> dict[str, Any]:
        """The report as programs read it."""
        return {
            "passed": self.passed,
            "checks": [check.as_json() for check in self.checks],
            "faultCount": sum(check.fault_count for check in self.checks),
        }
