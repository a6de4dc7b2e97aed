"""Whether a fact can be so: by itself against its record, beside what is known, and what a stream does with it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.all_types import REGISTRY
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    FaultReported,
    FieldFact,
    OutageReopened,
    OutageStarted,
    SupplyRestored,
)
from schemas.contracts.restorations import FactAccepted, FactRefused
from schemas.upcast import UPCASTERS
from services.plausibility import (
    ARRIVED_BEFORE,
    CLEARED_BEFORE,
    ERT_TOO_FAR,
    FIGURES,
    IN_THE_FUTURE,
    NO_DOUBTS,
    NOTHING_KNOWN,
    RESTORED_BEFORE,
    TOO_FAR_BACK,
    Doubts,
    Figures,
    KnownTimes,
    ask,
    judge,
    question_of,
    released,
    sift,
)
from services.plausibility.judging import AS_OF_RECORD, HAPPENED

NOW = datetime(2026, 11, 28, 3, 44, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def began(at: datetime = NOW - HOUR, **more: Any) -> OutageStarted:
    return OutageStarted(mrid="Z-7", outage_class="fault", started_at=at, extent=Extent(lines=("l",)), **more)


def back(at: datetime) -> SupplyRestored:
    return SupplyRestored(mrid="Z-7", restored_at=at)


def reason(fact: FieldFact, known: KnownTimes = NOTHING_KNOWN) -> str | None:
    doubt = judge(fact, known, NOW, FIGURES).doubt
    return doubt.reason if doubt is not None else None


def test_every_fact_that_may_be_confirmed_says_when_it_happened() -> None:
    facts = {c.struct for c in REGISTRY.values() if issubclass(c.struct, FieldFact) and c.type not in UPCASTERS}
    assert facts == set(HAPPENED)


def test_two_minutes_ahead_of_its_record_is_taken_as_it_is() -> None:
    fact = back(NOW + 2 * MINUTE)
    assert judge(fact, NOTHING_KNOWN, NOW, FIGURES).fact == fact


def test_ten_minutes_ahead_is_taken_as_of_its_record() -> None:
    judgement = judge(back(NOW + 10 * MINUTE), NOTHING_KNOWN, NOW, FIGURES)
    assert (judgement.fact, judgement.doubt, judgement.note) == (back(NOW), None, AS_OF_RECORD)


def test_further_ahead_is_held_whatever_kind_of_fact_it_is() -> None:
    later = NOW + 10 * MINUTE + timedelta(seconds=1)
    for kind, name in HAPPENED.items():
        given_: dict[str, Any] = {"mrid": "Z-7", name: later}
        required = [f.name for f in msgspec.structs.fields(kind) if f.required and f.name not in given_]
        filler: dict[str, Any] = {
            "outage_class": "fault",
            "extent": Extent(),
            "crew_status": "arrived",
            "planned_period": Period(start=NOW, end=NOW + HOUR),
            "outcome": "neutral",
        }
        fact: FieldFact = kind(**given_, **{field: filler.get(field, "x") for field in required})
        assert reason(fact) == IN_THE_FUTURE, kind


def test_local_time_with_a_z_behind_it_is_held_and_the_question_asks_for_the_zone() -> None:
    local = back((NOW + 8 * HOUR) - MINUTE)
    doubt = judge(local, NOTHING_KNOWN, NOW, FIGURES).doubt
    assert doubt is not None
    question = ask(local, doubt, "/dispatch/1", NOW)
    assert "7 h 59 min after it was recorded (2026-11-28T03:44:00Z)" in question.question
    assert "local time with a Z" in question.question
    assert question.question_id in question.settled_by


def test_a_start_of_2024_is_held_in_2026_as_are_a_report_a_reopening_and_an_order() -> None:
    old = datetime(2024, 11, 28, 3, 0, tzinfo=UTC)
    order = CurtailmentOrdered(
        mrid="Z-7", ordered_at=NOW, planned_period=Period(start=old, end=old + HOUR), extent=Extent()
    )
    facts = (began(old), FaultReported(mrid="Z-7", reported_at=old), OutageReopened(mrid="Z-7", reopened_at=old), order)
    assert [reason(fact) for fact in facts] == [TOO_FAR_BACK] * 4
    assert reason(began(NOW - 7 * DAY)) is None


def test_a_crew_may_be_told_of_long_after_it_came() -> None:
    assert reason(CrewStatus(mrid="Z-7", crew_status="arrived", at=NOW - 9 * DAY)) is None


def test_an_expected_time_of_2099_is_left_out_and_the_rest_is_taken() -> None:
    sentinel = datetime(2099, 12, 31, 15, 59, 59, tzinfo=UTC)
    for fact in (began(ert=sentinel), ErtChanged(mrid="Z-7", changed_at=NOW, ert=sentinel)):
        judgement = judge(fact, NOTHING_KNOWN, NOW, FIGURES)
        assert judgement.fact == msgspec.structs.replace(fact, ert=None)
        assert judgement.doubt is not None
        assert (judgement.doubt.reason, judgement.doubt.field) == (ERT_TOO_FAR, "ert")
    assert judge(began(next_update_at=sentinel), NOTHING_KNOWN, NOW, FIGURES).fact == began()
    assert reason(began(ert=NOW + 30 * DAY)) is None


def test_power_back_before_it_was_off_is_not_believed_by_whatever_skew() -> None:
    known = KnownTimes(NOW - HOUR, NOW - HOUR)
    assert reason(back(NOW - HOUR - timedelta(seconds=1)), known) == RESTORED_BEFORE
    assert reason(back(NOW - HOUR), known) is None
    assert reason(back(NOW - HOUR - DAY)) is None, "no beginning is known yet"


def test_a_crew_of_2006_did_not_come_for_an_outage_of_2026() -> None:
    known = KnownTimes(NOW - HOUR, NOW - HOUR)
    crew = CrewStatus(mrid="Z-7", crew_status="arrived", at=datetime(2006, 11, 28, tzinfo=UTC))
    assert reason(crew, known) == ARRIVED_BEFORE
    assert reason(msgspec.structs.replace(crew, at=NOW - HOUR - 10 * MINUTE), known) is None, "clocks differ"
    assert reason(msgspec.structs.replace(crew, crew_status="assigned"), known) is None
    assert reason(CauseCleared(mrid="Z-7", cleared_at=NOW - DAY), known) == CLEARED_BEFORE


def test_the_same_fact_has_one_question_whoever_sends_it_and_however_its_offset_is_written() -> None:
    east = NOW.astimezone(timezone(8 * HOUR))
    assert question_of(back(NOW)) == question_of(back(east))
    assert question_of(back(NOW)) == question_of(msgspec.structs.replace(back(NOW), confirms="Q-other"))
    assert question_of(back(NOW)) != question_of(back(NOW + MINUTE))


def test_the_question_about_a_fact_releases_that_fact_and_no_other() -> None:
    fact = back(NOW + DAY)
    name = question_of(fact)
    stands = msgspec.structs.replace(fact, confirms=name)
    assert sift(NO_DOUBTS, stands, "/d/2", NOW, FIGURES).fact == stands
    other = msgspec.structs.replace(fact, restored_at=NOW + 2 * DAY, confirms=name)
    sifted = sift(NO_DOUBTS, other, "/d/3", NOW, FIGURES)
    assert sifted.fact is None
    assert sifted.held is not None
    assert sifted.held.question_id != name


def test_an_answer_that_comes_before_the_fact_is_kept_for_it() -> None:
    fact = back(NOW + DAY)
    yes = FactAccepted(
        mrid="Z-7", question_id=question_of(fact), fact_type="supply.restored.v1", at=NOW, by="duty", reason="so"
    )
    no = FactRefused(
        mrid="Z-7", question_id=question_of(fact), fact_type="supply.restored.v1", at=NOW, by="duty", reason="not so"
    )
    taken = sift(NO_DOUBTS.hear(yes), fact, "/d/1", NOW, FIGURES)
    assert taken.fact == msgspec.structs.replace(fact, confirms=yes.question_id)
    refused = sift(NO_DOUBTS.hear(no), fact, "/d/1", NOW, FIGURES)
    assert (refused.fact, refused.held, refused.reason) == (None, None, "refused-before")


def test_a_fact_held_is_asked_about_once_and_released_whole() -> None:
    fact = began(datetime(2024, 1, 1, tzinfo=UTC), cause="tree")
    held = sift(NO_DOUBTS, fact, "/d/1", NOW, FIGURES).held
    assert held is not None
    doubts = NO_DOUBTS.hear(held)
    assert sift(doubts, fact, "/d/2", NOW, FIGURES).reason == "already-questioned"
    yes = FactAccepted(
        mrid="Z-7", question_id=held.question_id, fact_type=held.fact_type, at=NOW, by="duty", reason="so"
    )
    whole = released(doubts, yes)
    assert whole == msgspec.structs.replace(fact, confirms=held.question_id)
    assert doubts.hear(yes).held == {}
    assert doubts.hear(whole).held == {}


FACTS = st.one_of(
    st.builds(began, st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
    st.builds(back, st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
)
SPANS = st.timedeltas(timedelta(0), 400 * DAY)


@given(FACTS, SPANS, SPANS, st.sampled_from([NOTHING_KNOWN, KnownTimes(NOW - HOUR, NOW - HOUR)]))
def test_a_judgement_follows_from_fact_record_figures_and_what_is_known_alone(
    fact: FieldFact, ahead: timedelta, back_: timedelta, known: KnownTimes
) -> None:
    figures = Figures(ahead=ahead, ahead_most=ahead, start_back=back_)
    first = judge(fact, known, NOW, figures)
    copy: FieldFact = msgspec.json.decode(msgspec.json.encode(fact), type=type(fact))
    assert judge(copy, known, NOW.astimezone(timezone(-5 * HOUR)), figures) == first
    assert (first.fact is None) == (first.doubt is not None)
    if first.fact is not None:
        happened = getattr(first.fact, HAPPENED[type(fact)])
        assert happened <= NOW + ahead


@given(st.lists(st.sampled_from(["fact", "yes", "no", "again"]), max_size=6))
def test_streams_that_hear_the_same_in_any_order_end_with_the_same_answer(words: list[str]) -> None:
    fact = back(NOW + DAY)
    name = question_of(fact)
    doubts = Doubts()
    taken = False
    for word in words:
        if word in ("fact", "again"):
            sifted = sift(doubts, fact, f"/d/{word}", NOW, FIGURES)
            taken = taken or sifted.fact is not None
            for said in (sifted.held, sifted.fact):
                doubts = doubts.hear(said)
        else:
            make = FactAccepted if word == "yes" else FactRefused
            answer = make(mrid="Z-7", question_id=name, fact_type="supply.restored.v1", at=NOW, by="duty", reason="so")
            if isinstance(answer, FactAccepted) and (whole := released(doubts, answer)) is not None:
                taken, doubts = True, doubts.hear(whole)
            doubts = doubts.hear(answer)
    last = next((word for word in reversed(words) if word in ("yes", "no")), None)
    heard = {"fact", "again"} & set(words)
    if last == "yes" and heard and "no" not in words:
        assert taken
    if "yes" not in words:
        assert not taken
    assert set(doubts.held) == ({name} if heard and last is None else set())
