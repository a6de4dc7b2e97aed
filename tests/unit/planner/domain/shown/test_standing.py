"""What of a notice people must look at: nobody shows it, other words are shown, nobody could read it for too long."""

from datetime import timedelta

from services.planner.domain.shown.standing import causes
from tests.kits.deciders.planner import MRID, NOW, amend, at, cancel, span, started
from tests.kits.public.reading import DUE, FIGURES, SOON, PublicStream

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEGINS = at("2026-03-12 08:00")
NIGHT = at("2026-03-06 00:00")


def standing(stream: PublicStream) -> dict[str, str]:
    """By kind, since when it stands, or will unless somebody shows the notice."""
    return {
        one.kind: f"{one.since:%d %H:%M}" for one in causes(stream.state, stream.planner._policy.settings.public_notice)
    }


def shown(until: str, *, without: tuple[str, str] | None = None) -> PublicStream:
    """A notice that is read every hour until then; but for some hours."""
    stream = PublicStream().noticed()
    gap = tuple(map(at, without)) if without else None
    moment, end = SOON, at(until)
    while moment <= end:
        if gap is None or not gap[0] <= moment < gap[1]:
            stream.shows(moment)
        moment += HOUR
    return stream


def test_a_notice_that_nobody_shows_is_somebodys_task_after_half_an_hour() -> None:
    (cause,) = causes(PublicStream().noticed().state, FIGURES)
    assert (cause.kind, cause.reason, cause.since) == ("notice-not-shown", "not-shown", NOW + 30 * MINUTE)
    assert cause.useful_until == BEGINS


def test_a_notice_that_was_shown_and_is_no_more_is_one_after_the_time_for_the_next_look() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON)
    causes_ = [*causes(stream.state, FIGURES)]
    assert [(one.kind, one.reason, one.since) for one in causes_ if one.kind == "notice-not-shown"] == [
        ("notice-not-shown", "not-shown-since", SOON + 90 * MINUTE)
    ]


def test_other_words_are_a_task_at_once_and_none_once_the_right_ones_are_there() -> None:
    stream = PublicStream().noticed()
    stream.shows(SOON, words="f" * 64)
    assert "notice-shown-otherwise" in standing(stream)
    stream.shows(SOON + MINUTE)
    assert "notice-shown-otherwise" not in standing(stream)


def test_one_look_that_is_missing_is_no_matter_and_two_are() -> None:
    one = shown("2026-03-06 06:00", without=("2026-03-06 01:30", "2026-03-06 02:30"))
    two = shown("2026-03-06 06:00", without=("2026-03-06 01:30", "2026-03-06 03:30"))
    public = [stream.planner.view(stream.state)["public"] for stream in (one, two)]
    assert [each["unreadSeconds"] for each in public] == [3600, 7200]
    # What is to come counts as well, unless it is shown: after the last proof of 06:00 and the hour that it speaks for.
    assert standing(one)["notice-not-readable"] == "05 22:15"
    assert standing(two)["notice-not-readable"] == "05 19:00"


def test_what_could_not_be_read_before_the_days_that_are_owed_is_no_matter() -> None:
    stream = shown("2026-03-05 06:00", without=("2026-03-03 00:00", "2026-03-04 12:00"))
    assert stream.planner.view(stream.state)["public"]["unreadSeconds"] == 0


def test_hours_that_are_told_as_unreadable_count_though_proofs_lie_around_them() -> None:
    stream = shown("2026-03-06 06:00")
    stream.unreadable(at("2026-03-06 02:05"), at("2026-03-06 02:50"))
    stream.unreadable(at("2026-03-06 03:05"), at("2026-03-06 03:25"))
    again = stream.unreadable(at("2026-03-06 03:05"), at("2026-03-06 03:20"))
    assert again.reason == "shown-known"
    public = stream.planner.view(stream.state)["public"]
    assert (public["unreadSeconds"], len(public["unread"])) == (65 * 60, 2)
    assert standing(stream)["notice-not-readable"] == "05 19:20"


def test_a_promise_that_is_broken_asks_for_no_hours_and_one_withdrawn_for_nothing() -> None:
    stream = PublicStream().noticed()
    stream.due()
    assert set(standing(stream)) == {"notice-not-shown"}
    stream.hears(cancel(2), DUE + HOUR)
    assert standing(stream) == {}


def test_a_changed_notice_is_looked_at_anew() -> None:
    stream = shown("2026-03-03 06:00")
    stream.hears(amend(2, span("2026-03-20 08:00", "2026-03-20 15:00")), at("2026-03-03 07:00"))
    assert standing(stream) == {"notice-not-shown": "02 23:30"}


def test_once_work_is_under_way_nothing_of_its_notice_is_asked_for() -> None:
    stream = shown("2026-03-03 06:00")
    stream.hears(started(), BEGINS)
    assert standing(stream) == {}


def test_a_newspaper_is_not_looked_at_every_hour() -> None:
    stream = PublicStream("newspaper").noticed()
    stream.shows(SOON, channel="newspaper")
    assert standing(stream) == {}
    assert stream.unreadable(SOON, SOON + HOUR, channel="newspaper").reason == "channel-not-counted"


def test_a_look_each_minute_adds_no_event_each_minute() -> None:
    stream = PublicStream().noticed()
    before = len(stream.log)
    for minute in range(120):
        stream.shows(SOON + minute * MINUTE)
    assert len(stream.log) - before < 12
    assert MRID in stream.state.mrid
