"""Instants in sentences of a service, as people on duty read them."""

from zoneinfo import ZoneInfo

from operations.times import Times

SHANGHAI = Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")


def test_instants_that_a_service_names_are_read_by_the_clock_on_the_wall() -> None:
    assert SHANGHAI.within("power was back at 2026-03-05T03:00:00Z") == (
        "power was back at 2026-03-05 11:00. Times are Asia/Shanghai"
    )


def test_a_sentence_without_an_instant_says_nothing_of_zones() -> None:
    assert SHANGHAI.within("no report of F-1 has that id") == "no report of F-1 has that id"


def test_an_id_with_digits_is_no_instant() -> None:
    said = "F-1/cn.words.expected-time/20260304211500 is kept"
    assert SHANGHAI.within(said) == said
