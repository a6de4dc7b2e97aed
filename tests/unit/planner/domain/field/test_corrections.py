"""Work began at another time than dispatch had said: what was called a breach and was none is none, and what is one is said."""

from itertools import permutations
from typing import Any

from msgspec.structs import replace

from schemas.contracts.dispatch import OutageCorrected
from tests.kits.deciders.planner import CITY, MRID, Stream, at, request, restored, started

PUBLIC, DONE = f"{MRID}/1/cn.planned.public-notice", f"{MRID}/1/cn.planned.done-by-noticed-end"
UNNOTICED = f"{MRID}/unnoticed/cn.planned.public-notice"
SOON = at("2026-03-12 08:30")


def corrected(when: str | None, said: str = "2026-03-12 08:20", **more: Any) -> OutageCorrected:
    return OutageCorrected(mrid=MRID, corrected_at=at(said), started_at=at(when) if when else None, **more)


def noticed() -> Stream:
    return Stream().hears_all([request()])


def test_work_that_did_not_begin_too_early_after_all_breaks_no_promise() -> None:
    stream = noticed().hears_all([started("2026-03-12 07:30")], SOON)
    assert stream.state.breaches == {"started-early"}
    assert stream.standings()[PUBLIC] == "broken"
    assert stream.hears(corrected("2026-03-12 08:00"), SOON).reason == "start-corrected"
    assert stream.state.breaches == frozenset()
    assert stream.standings()[PUBLIC] == "kept"
    assert stream.state.started_at == at("2026-03-12 08:00")


def test_more_that_was_cut_than_noticed_stays_a_broken_promise_though_work_began_in_time() -> None:
    wider = replace(CITY, lines=(*CITY.lines, "10千伏城南线"))
    stream = noticed().hears_all([replace(started("2026-03-12 07:30"), extent=wider)], SOON)
    assert stream.state.breaches == {"started-early", "wider-than-noticed"}
    stream.hears(corrected("2026-03-12 08:00"), SOON)
    assert stream.state.breaches == {"wider-than-noticed"}
    assert stream.standings()[PUBLIC] == "broken"


def test_work_that_began_too_early_after_all_does() -> None:
    stream = noticed().hears_all([started("2026-03-12 08:00")], SOON)
    decision = stream.hears(corrected("2026-03-12 07:30"), SOON)
    assert decision.reason == "started-early"
    assert stream.said(decision) == ["notice.breached"]
    assert stream.standings()[PUBLIC] == "broken"


def test_corrected_there_and_back_it_is_what_the_last_word_says() -> None:
    stream = noticed().hears_all([started("2026-03-12 07:30"), corrected("2026-03-12 08:00")], SOON)
    stream.hears(corrected("2026-03-12 07:40", "2026-03-12 08:25"), SOON)
    assert stream.state.breaches == {"started-early"}
    assert stream.standings()[PUBLIC] == "broken"
    assert stream.hears(corrected("2026-03-12 08:00"), SOON).reason == "older-correction"


def test_the_start_that_is_sent_again_is_the_one_that_was_corrected() -> None:
    stream = noticed().hears_all([started("2026-03-12 07:30"), corrected("2026-03-12 08:00")], SOON)
    assert stream.hears(started("2026-03-12 07:30"), SOON).reason == "already-started"
    assert stream.state.breaches == frozenset()


def test_work_without_notice_that_began_elsewhen_began_without_notice() -> None:
    stream = Stream().hears_all([started("2026-03-12 08:00")], SOON)
    stream.hears(corrected("2026-03-12 07:30"), SOON)
    assert stream.state.breaches == {"started-without-notice"}
    assert stream.standings() == {UNNOTICED: "broken"}


def test_what_names_no_start_is_none_of_the_planners() -> None:
    stream = noticed().hears_all([started()], SOON)
    assert stream.hears(corrected(None, cause="吊车碰线"), SOON).reason == "nothing-corrected"


def test_in_any_order_start_correction_and_restoration_end_alike() -> None:
    facts = started("2026-03-12 07:30"), corrected("2026-03-12 08:00"), restored("2026-03-12 16:00")
    for order in permutations(facts):
        stream = noticed().hears_all(order, at("2026-03-12 16:30"))
        assert stream.state.started_at == at("2026-03-12 08:00"), order
        assert stream.state.breaches == frozenset(), order
        assert stream.standings() == {PUBLIC: "kept", DONE: "kept"}, order
        assert stream.state.outcome == "carried-out", order
