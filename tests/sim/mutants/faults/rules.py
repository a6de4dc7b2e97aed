"""Faults of a change of the rules: what is open is not moved, or falls due where it was, and old verdicts are taken back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import patch

from services.notifier.domain.outage import informed_promise
from services.promises import episode_of
from services.restorer.domain.owed import asked, deadlines, reconciling
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.rules_move_deadlines)
def timer_stays_where_the_old_rules_put_it() -> Iterator[None]:
    """A deadline that has moved is looked at when it was due before: a promise is called broken while there is time."""
    timers = deadlines.timers

    def as_before(state: Any) -> dict[str, datetime]:
        armed, first = timers(state), dict[tuple[str, int], datetime]()
        for one in state.promises.values():
            was = first.setdefault((one.rule.rule_id, episode_of(one.promise_id)), one.due_at)
            if (name := f"promise/{one.promise_id}/due") in armed:
                armed[name] = was
        return armed

    with patch.object(deadlines, "timers", as_before):
        yield


@mutant(under=worlds.rules_move_deadlines)
def open_deadlines_do_not_move() -> Iterator[None]:
    """A review leaves every open deadline where the rules of before put it."""
    reconcile = reconciling.reconcile

    def unmoved(*given: Any, review: bool = False) -> Any:
        del review
        return reconcile(*given)

    with patch.object(reconciling, "reconcile", unmoved):
        yield


@mutant(under=worlds.rules_move_deadlines)
def old_verdicts_by_new_rules() -> Iterator[None]:
    """Where power goes off again, what was broken under the rules of before is asked by those of today, and taken back."""
    with patch.object(asked, "episode_of", lambda _: 0):
        yield


@mutant(under=worlds.rules_move_deadlines)
def notifier_deaf_to_moved_deadlines() -> Iterator[None]:
    """The planner says that key customers may be told later than before, and the notifier does not take it."""
    with patch.object(informed_promise, "_moved", lambda *_: iter(())):
        yield
