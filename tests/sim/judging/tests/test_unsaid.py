"""Questions for a word that nobody has said are held against the facts: each way to be wrong is named."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.contracts.dispatch import CrewStatus
from tests.chaos.truth import KnownFact
from tests.sim.judging.unsaid import NOT_BACK, NOT_CLEARED, AskedBack, asked_wrongly

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = KnownFact(ZERO + 2 * HOUR, CrewStatus(mrid="A", crew_status="arrived", at=ZERO + HOUR))
DONE = KnownFact(ZERO, CrewStatus(mrid="A", crew_status="fieldComplete", at=ZERO))


def asked(reason: str, after: timedelta, name: str = "Q-1") -> AskedBack:
    return AskedBack(name, "A", reason, ZERO, ZERO + after)


def test_what_is_asked_once_in_its_time_is_nothing_to_complain_of() -> None:
    both = [asked(NOT_CLEARED, HOUR), asked(NOT_BACK, 24 * HOUR, "Q-2")]
    assert not [*asked_wrongly([DONE], both)]


@pytest.mark.parametrize(
    ("known", "questions", "complaint"),
    [
        ([DONE], [asked(NOT_CLEARED, HOUR), asked(NOT_CLEARED, 2 * HOUR)], "was asked 2 times"),
        ([DONE], [asked(NOT_CLEARED, HOUR / 2)], "silent since"),
        ([], [asked(NOT_CLEARED, HOUR)], "no crew said"),
        ([LATER], [asked(NOT_BACK, 24 * HOUR)], "was spoken of"),
    ],
)
def test_each_way_to_be_wrong_is_named(known: list[KnownFact], questions: list[AskedBack], complaint: str) -> None:
    assert complaint in "; ".join(asked_wrongly(known, questions))
