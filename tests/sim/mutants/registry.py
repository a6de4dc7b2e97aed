"""Name deliberate faults, each a context manager that puts it into the code for the time of a run."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

Fault = Callable[[], Iterator[None]]
World = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `says`: what it breaks, and what a customer or an operator would suffer.

    `under`: what else happens while it is looked for, to it and to the code without it alike. `survives`: why no history finds
    it; empty where one does.
    """

    name: str
    says: str
    put: World
    under: World
    survives: str


MUTANTS: Final[dict[str, Mutant]] = {}
"""By name, in the order of their files (`catalogue.py` imports them)."""


def mutant(*, under: World = nullcontext, survives: str = "") -> Callable[[Fault], Fault]:
    """Register a generator that yields once, with its fault in the code; its docstring is one sentence."""

    def register(fault: Fault) -> Fault:
        name = fault.__name__.replace("_", "-")
        says = " ".join((inspect.getdoc(fault) or "").split())
        MUTANTS[name] = Mutant(name, says, contextmanager(fault), under, survives)
        return fault

    return register


def other_sql(statements: dict[str, str], name: str, text: str, instead: str) -> AbstractContextManager[Any]:
    """One of a service's statements with `instead` in the place of `text`.

    Raises:
        ValueError: the statement no longer holds `text` once.

    """
    if statements[name].count(text) != 1:
        raise ValueError(f"{name} does not hold it once: {text}")
    return patch.dict(statements, {name: statements[name].replace(text, instead)})
