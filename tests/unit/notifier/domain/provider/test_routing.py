"""Which provider carries a text, and when none does."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.provider.countries import Countries, read_countries
from services.notifier.domain.provider.routing import (
    BARRED,
    HAD_ITS_TEXTS,
    KEEP_THE_LAST,
    NO_PROVIDER,
    NO_SIGNATURE,
    NO_URLS,
    OUTSIDE_HOURS,
    SAID_TOO_OFTEN,
    Carrier,
    Route,
    RoutedText,
    SentText,
    asks_for_an_answer,
    choose,
)
from tests.kits.deciders.notifier import at

TWILIO, GATEWAY = Carrier("twilio"), Carrier("sms-gateway", "东江供电公司")
BOTH = (TWILIO, GATEWAY)
NOW = at(5, 9)
TEXT = "【东江供电公司】您好!贵单位停电,咨询请拨95598,编号K7F3Q-2C。"
SHARED = """
[default.providers.twilio]
weight = 30
[default.providers.sms-gateway]
weight = 70
"""
STRICT = """
[default]
urls = false
hours = "08:00-21:00"
zone = "Asia/Shanghai"
[default.providers.twilio]
identical_per_day = 2
per_day = 4
"""


def table(text: str) -> Countries:
    return read_countries(text)


def text(message_id: str = "m-1", **more: Any) -> RoutedText:
    given: dict[str, Any] = {"body": TEXT, "trigger": "fault", "country": "GB", "expires_at": NOW + timedelta(hours=2)}
    return RoutedText(message_id=message_id, **given | more)


def test_texts_are_shared_by_weight_and_each_keeps_its_own() -> None:
    routes = Counter(choose(text(f"m-{n}"), table(SHARED), BOTH, (), NOW).provider for n in range(2000))
    assert 520 < routes["twilio"] < 680
    assert routes.total() == routes["twilio"] + routes["sms-gateway"]
    assert choose(text(), table(SHARED), BOTH, (), NOW) == choose(text(), table(SHARED), BOTH[::-1], (), NOW)


def test_the_products_own_table_sends_china_by_the_gateway_and_by_twilio_while_that_is_at_fault() -> None:
    from services.notifier.provider_settings import own_countries  # noqa: PLC0415 - the shipped file

    countries = own_countries()
    assert choose(text(country="CN"), countries, BOTH, (), NOW) == Route("sms-gateway", invites=True)
    assert choose(text(country="CN"), countries, BOTH, ("sms-gateway",), NOW) == Route("twilio")
    assert choose(text(country="CN"), countries, (TWILIO,), (), NOW) == Route("twilio")
    assert choose(text(country="GB"), countries, BOTH, (), NOW) == Route("twilio")
    assert choose(text(country="GB"), countries, (GATEWAY,), (), NOW) == Route(None, NO_PROVIDER)
    assert choose(text(country=None), countries, BOTH, (), NOW) == Route("twilio")


def test_where_all_are_at_fault_a_text_waits_for_its_own() -> None:
    assert choose(text(), table(SHARED), BOTH, ("twilio", "sms-gateway"), NOW).provider in ("twilio", "sms-gateway")


@pytest.mark.parametrize(
    "word", ["https://a.example/x", "www.example.org", "see outage.example/7", "a.cn/k", "HTTP://A.ORG"]
)
def test_no_address_goes_where_none_may(word: str) -> None:
    assert choose(text(body=f"【x】{word}"), table(STRICT), BOTH, (), NOW) == Route(None, NO_URLS)


@pytest.mark.parametrize("word", ["10.5千伏", "8:00-9:30", "ref K7F3Q-2C.", "95598,编号", "End. Cn is off"])
def test_what_is_no_address_goes(word: str) -> None:
    assert choose(text(body=f"【x】{word}"), table(STRICT), BOTH, (), NOW) == Route("twilio")


def test_outside_its_hours_a_text_waits_if_it_is_still_of_use_then() -> None:
    night = at(5, 22)
    morning = at(6, 8)
    waits = text(expires_at=morning + timedelta(minutes=1))
    assert choose(waits, table(STRICT), BOTH, (), night) == Route(None, OUTSIDE_HOURS, morning)
    assert choose(text(expires_at=morning), table(STRICT), BOTH, (), night) == Route(None, OUTSIDE_HOURS)
    assert choose(waits, table(STRICT), BOTH, (), morning) == Route("twilio")


def test_the_last_of_a_days_texts_is_kept_for_power_that_is_back() -> None:
    before = [SentText("twilio", f"text {n}") for n in range(3)]
    assert choose(text(sent=before), table(STRICT), BOTH, (), NOW) == Route(None, HAD_ITS_TEXTS)
    assert choose(text(sent=before, trigger="restored"), table(STRICT), BOTH, (), NOW) == Route("twilio")
    four = [*before, SentText("twilio", "text 4")]
    assert choose(text(sent=four, trigger="restored"), table(STRICT), BOTH, (), NOW) == Route(None, HAD_ITS_TEXTS)
    others = [SentText("sms-gateway", body=one.body) for one in four]
    assert choose(text(sent=others), table(STRICT), BOTH, (), NOW) == Route("twilio"), "another's texts do not count"
    assert {"restored", "reopened", "correction"} <= KEEP_THE_LAST


def test_the_same_words_go_so_often_and_no_more() -> None:
    same = [SentText("twilio", TEXT)] * 2
    assert choose(text(sent=same, trigger="restored"), table(STRICT), BOTH, (), NOW) == Route(None, SAID_TOO_OFTEN)
    assert choose(text(sent=same[:1]), table(STRICT), BOTH, (), NOW) == Route("twilio")


def test_where_a_signature_is_needed_a_provider_without_one_takes_only_texts_that_bring_it() -> None:
    needs = table("[default.providers.twilio]\nsignature = true\n")
    assert choose(text(), needs, (TWILIO,), (), NOW) == Route("twilio")
    assert choose(text(body="Dongjiang Power: …"), needs, (TWILIO,), (), NOW) == Route(None, NO_SIGNATURE)


def test_a_text_asks_for_an_answer_only_by_a_provider_of_which_it_is_said_that_it_brings_them() -> None:
    both = "[default]\ntwo_way = false\n[default.providers.twilio]\nweight = 0\n[default.providers.sms-gateway]\n"
    said = table(both + "two_way = true\n")
    assert choose(text(), said, BOTH, (), NOW) == Route("sms-gateway", invites=True)
    assert choose(text(), said, BOTH, ("sms-gateway",), NOW) == Route("twilio")
    assert choose(text(), table(both), BOTH, (), NOW) == Route("sms-gateway")
    assert [said.of(None).takes_answers(one) for one in ("twilio", "sms-gateway")] == [False, True]
    open_ = table("[default.providers.twilio]\n").of("GB")
    assert (open_.takes_answers("twilio"), open_.invites_answers("twilio")) == (True, False), "nobody has said so of it"


@pytest.mark.parametrize(("body", "asks"), [("收到请回复1", True), ("Reply K7 to confirm", True), ("回复供电", False)])
def test_a_text_that_asks_for_an_answer_is_known(body: str, asks: bool) -> None:
    assert asks_for_an_answer(body) == asks


NAMES = st.sampled_from(["twilio", "sms-gateway"])


@given(
    st.text(max_size=20), st.sets(NAMES), st.sets(NAMES), st.sampled_from(["GB", "CN", None]),
    st.lists(st.builds(SentText, NAMES, st.sampled_from(["a", TEXT])), max_size=6),
)  # fmt: skip
def test_only_who_may_and_is_set_up_carries_and_everything_else_has_a_reason(
    name: str, up: set[str], stopped: set[str], country: str | None, sent: list[SentText]
) -> None:
    countries = table(SHARED + STRICT.replace("default", "CN"))
    carriers = [one for one in BOTH if one.name in up]
    route = choose(text(name, country=country, sent=sent), countries, carriers, stopped, NOW)
    if route.provider is None:
        assert route.reason in BARRED
    else:
        assert route.provider in up & set(countries.of(country).providers)
        able = [one for one in up & set(countries.of(country).providers) if one not in stopped]
        if country != "CN":
            assert route.provider in (able or up)
