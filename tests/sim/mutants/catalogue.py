"""All deliberate faults, by name."""

from tests.sim.mutants.faults import (
    audience,
    conversations,
    deadlines,
    evidence,
    grid,
    intake,
    notices,
    publishing,
    rules,
    sending,
    streams,
    verdicts,
)
from tests.sim.mutants.faults.counting import complaints, months, supply
from tests.sim.mutants.registry import MUTANTS

__all__ = [
    "MUTANTS",
    "audience",
    "complaints",
    "conversations",
    "deadlines",
    "evidence",
    "grid",
    "intake",
    "months",
    "notices",
    "publishing",
    "rules",
    "sending",
    "streams",
    "supply",
    "verdicts",
]
