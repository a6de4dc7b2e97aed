"""The words: the nine models to the letter, what a text may never hold, and what it costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.messages import Trigger
from services.notifier.domain.wording.causes import cause_said
from services.notifier.domain.wording.segments import Segments, clean, segments
from services.notifier.domain.wording.templates import (
    OTHERS,
    NamedSupply,
    TemplateFields,
    book_for,
    books,
    render,
)
from services.wording.speakers import site
from tests.kits.deciders.notifier import AREA, LINE, VOICE, at, span

SITE = "中山路18号"
WORK, MOVED = span(at(12, 8), at(12, 17)), span(at(20, 8), at(20, 15))
# The service standard's models (notes on 第1篇 3.2.4, 3.4.2, 4.2.4; 第7篇 6.8, 6.9), character for character.
said = partial(TemplateFields, now=at(5, 9))
MODELS: dict[str, tuple[Trigger, TemplateFields, str]] = {
    "planned notice": (
        "planned-notice",
        said("planned", line=LINE, area=AREA, period=WORK),
        (
            "【东江供电公司】您好!因线路检修,10千伏城东线中山路一带定于3月12日8时至17时停电,贵单位在停电范围内。给您带来不便,"
            "深表歉意,敬请谅解。请提前做好准备;可能提前送电,请始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "temporary work": (
        "temporary-notice",
        said("temporary", line=LINE, area=AREA, period=span(at(5, 14), at(5, 18))),
        (
            "【东江供电公司】您好!因线路需临时检修,10千伏城东线中山路一带将于3月5日14时停电,贵单位在停电范围内,预计18时左右恢复供电。"
            "通知仓促,深表歉意,敬请谅解。请尽快做好备用电源准备,并始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "fault, time known": (
        "fault",
        said("fault", SITE, since=at(5, 9, 12), ert=at(5, 11, 30), crew_assigned=True, cause="线路故障"),
        (
            "【东江供电公司】您好!因线路故障,贵单位(中山路18号)自3月5日9时12分起停电,我们正在抢修,预计11时30分左右恢复供电。"
            "给您带来不便,深表歉意,敬请谅解。停电期间请始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "fault, time unknown": (
        "fault-time-unknown",
        said("fault", SITE, since=at(5, 9, 12), by=at(5, 10, 15)),
        (
            "【东江供电公司】您好!贵单位(中山路18号)自3月5日9时12分起停电,我们正在查找原因,恢复时间暂不能确定,将于10时15分前再次"
            "告知您。给您带来不便,深表歉意,敬请谅解。停电期间请始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "later expected time": (
        "ert-changed",
        said("fault", SITE, told=at(5, 11, 30), ert=at(5, 14), crew_assigned=True),
        (
            "【东江供电公司】您好!贵单位(中山路18号)停电,此前告知3月5日11时30分左右恢复,现未能如期,我们诚恳道歉。目前仍在抢修,"
            "最新预计14时左右恢复供电,请以本条为准。请始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "overdue, none known": (
        "ert-overdue",
        said("fault", SITE, told=at(5, 11, 30), by=at(5, 12, 15)),
        (
            "【东江供电公司】您好!贵单位(中山路18号)停电,此前告知3月5日11时30分左右恢复,未能如期,我们诚恳道歉。恢复时间正在重新核定,"
            "将于12时15分前再次告知您。请始终视线路为带电。咨询请拨95598,编号K7M2。"
        ),
    ),
    "moved": (
        "moved",
        said("planned", line=LINE, area=AREA, previous=WORK, period=MOVED),
        (
            "【东江供电公司】您好!变更通知:10千伏城东线检修停电,原定3月12日8时至17时,现改为3月20日8时至15时(中山路一带),"
            "3月12日不因此停电,请以本条为准。给您带来不便,深表歉意,敬请谅解。咨询请拨95598,编号K7M2。"
        ),
    ),
    "cancelled": (
        "cancelled",
        said("planned", line=LINE, area=AREA, previous=WORK),
        (
            "【东江供电公司】您好!取消通知:原定3月12日8时至17时的10千伏城东线检修停电(中山路一带)已取消,届时不因此停电。打乱您的安排,"
            "深表歉意,敬请谅解。如另行安排,我们会重新通知您。咨询请拨95598,编号K7M2。"
        ),
    ),
    "restored": (
        "restored",
        said("fault", SITE, restored_at=at(5, 13, 40), cause="线路故障"),
        (
            "【东江供电公司】您好!贵单位(中山路18号)已于3月5日13时40分恢复供电,本次停电由线路故障引起。给您带来不便,深表歉意,"
            "感谢您的理解。如仍无电或用电异常,请拨95598,编号K7M2。"
        ),
    ),
}
FULL = said(
    "fault",
    SITE,
    LINE,
    AREA,
    period=MOVED,
    previous=WORK,
    since=at(5, 9, 12),
    ert=at(5, 11, 30),
    told=at(5, 10, 30),
    said=at(5, 9, 15),
    by=at(5, 12, 15),
    restored_at=at(5, 13, 40),
    steady=timedelta(minutes=15),
    crew_assigned=True,
    breach="wider-than-noticed",
    was="planned",
)


MAIN, STANDBY = (NamedSupply("main", LINE),), (NamedSupply("standby", "10千伏江滨线"),)
OF_SUPPLIES = ("supply-lost", "one-still-lost", "supply-back", "supply-corrected")


@pytest.mark.parametrize("model", MODELS)
def test_the_models_are_given_to_the_letter_and_cost_two_segments(model: str) -> None:
    trigger, words, text = MODELS[model]
    body = render(trigger, "zh-CN", words, VOICE, "K7M2").body
    assert body == text
    cost = segments(body)
    assert (cost.encoding, cost.count) == ("ucs-2", 2)
    assert cost.units <= 134


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", [*get_args(Trigger), *OTHERS])
def test_every_text_names_the_hotline_and_its_reference_and_nothing_forbidden(name: str, language: str) -> None:
    words = replace(FULL, supplies=MAIN, still=STANDBY) if name in OF_SUPPLIES else FULL
    body = render("fault", language, words, VOICE, "K7M2Q", template=name).body
    assert "95598" in body
    assert "K7M2Q" in body
    for never in (
        "今天",
        "明天",
        "昨天",
        "today",
        "tomorrow",
        "http",
        "回复1",
        "?",
        "跳闸",
        "馈线",
        "失压",
        "消缺",
        "{",
        "None",
    ):
        assert never not in body


@pytest.mark.parametrize("trigger", get_args(Trigger))
def test_long_places_are_cut_and_times_are_not(trigger: Trigger) -> None:
    long = "东江市高新技术产业开发区第二工业园区" * 3
    whole_day = span(at(12, 22, 45), at(13, 18, 45))
    later = span(at(20, 22, 45), at(21, 18, 45))
    words = said(
        "temporary" if trigger in ("temporary-notice", "moved", "cancelled") else "fault",
        long,
        long,
        long,
        period=later,
        previous=whole_day,
        since=at(5, 9, 12),
        ert=at(6, 11, 35),
        told=at(5, 21, 35),
        by=at(6, 12, 15),
        restored_at=at(6, 13, 40),
        cause="施工外力破坏",
        breach="started-without-notice",
    )
    body = render(trigger, "zh-CN", words, VOICE, "K7M2Q").body
    assert segments(body).count == 2, f"{segments(body).units} units"
    assert long[:26] not in body
    if trigger in ("moved", "cancelled"):
        assert "3月12日22时45分至3月13日18时45分" in body


def test_an_unconfirmed_or_overlong_cause_is_not_said() -> None:
    words = said("fault", SITE, since=at(5, 9, 12), ert=at(5, 11, 30))
    assert "因" not in render("fault", "zh-CN", words, VOICE, "K7M2").body.replace("原因", "")
    longer = said("fault", SITE, restored_at=at(5, 13, 40), cause="某处某线某杆某相绝缘子因雷击闪络")
    assert "引起" not in render("restored", "zh-CN", longer, VOICE, "K7M2").body


def test_repairing_is_not_said_without_a_crew() -> None:
    words = said("fault", SITE, since=at(5, 9, 12), ert=at(5, 11, 30), cause="线路故障")
    assert "正在抢修" not in render("fault", "zh-CN", words, VOICE, "K7M2").body


def test_another_days_time_names_the_day() -> None:
    words = said("fault", SITE, since=at(5, 22, 12), ert=at(6, 1, 30))
    assert "预计3月6日1时30分左右" in render("fault", "zh-CN", words, VOICE, "K7M2").body


def test_times_are_said_in_the_utilitys_zone() -> None:
    utc = said("fault", SITE, since=datetime(2026, 3, 4, 23, 12, tzinfo=UTC), ert=at(5, 11))
    assert "自3月5日7时12分起" in render("fault", "zh-CN", utc, VOICE, "K7M2").body


def test_an_unknown_language_falls_back() -> None:
    assert book_for("en-GB").language == "en"
    assert book_for("fr").language == "zh-CN"
    assert set(books()) == {"zh-CN", "en"}


def test_a_text_that_lacks_its_time_is_a_bug_and_says_so() -> None:
    with pytest.raises(KeyError, match="since"):
        render("fault", "zh-CN", said("fault", SITE), VOICE, "K7M2")


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "gsm-7", 0, 0),
        ("a" * 160, "gsm-7", 160, 1),
        ("a" * 161, "gsm-7", 161, 2),
        ("a" * 306, "gsm-7", 306, 2),
        ("a" * 307, "gsm-7", 307, 3),
        ("a" * 158 + "€", "gsm-7", 160, 1),
        ("a" * 159 + "€", "gsm-7", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm-7", 306, 3),
        ("^{}[~]|\\", "gsm-7", 16, 1),
        ("电" * 70, "ucs-2", 70, 1),
        ("电" * 71, "ucs-2", 71, 2),
        ("电" * 134, "ucs-2", 134, 2),
        ("电" * 135, "ucs-2", 135, 3),
        ("😀" * 35, "ucs-2", 70, 1),
        ("😀" * 36, "ucs-2", 72, 2),
        ("电" * 66 + "😀" + "电" * 66, "ucs-2", 134, 3),
        ("ŵ", "ucs-2", 1, 1),
        ("a\ud83d", "gsm-7", 1, 1),
    ],
)
def test_what_a_text_costs(text: str, encoding: str, units: int, count: int) -> None:
    assert segments(text) == Segments(encoding, units, count)  # type: ignore[arg-type]


@given(st.text())
def test_cleaning_takes_only_lone_surrogates(text: str) -> None:
    assert clean(text) == text
    clean(text + "\udc00").encode()
    assert clean(text + "\udc00") == text


def test_every_text_bears_its_code() -> None:
    """By it a text is known that went before a database was restored, whatever else it says by now."""
    texts = [text for book in books().values() for _, text in book.texts.values()]
    assert all("{ref}" in text for text in texts)


@pytest.mark.parametrize(
    ("written", "said"),
    [("Tree down across our wires", "tree down across our wires"), ("RCMP request", "RCMP request"), ("线路故障", "")],
)
def test_a_cause_from_a_feed_stands_within_an_english_sentence(written: str, said: str) -> None:
    assert cause_said(written, chinese=False) == said


def test_a_place_that_no_cutting_brings_into_two_segments_is_told_whole() -> None:
    words = said("planned", None, line="10千伏工业线", area="工业大道一带", period=span(at(12, 8), at(12, 17)))
    body = render("planned-notice", "en", words, VOICE, "K7M2Q").body
    assert "10千伏工业线" in body
    assert "工业大道一带" in body


def without_reference(body: str) -> str:
    return body.replace("K7M2Q", "")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("trigger", get_args(Trigger))
def test_texts_for_two_sites_can_be_told_apart_on_one_handset(trigger: Trigger, language: str) -> None:
    bodies = [
        render(trigger, language, replace(FULL, address=address), VOICE, "K7M2Q").body
        for address in ("东江市高新技术产业开发区创业路22号", "东江市高新技术产业开发区创业路23号")
    ]
    assert "22号" in bodies[0]
    assert "23号" in bodies[1]
    assert without_reference(bodies[0]) != without_reference(bodies[1])


def test_a_long_chinese_address_keeps_its_end_and_another_its_beginning() -> None:
    assert site("东江市高新技术产业开发区创业路22号", 8) == "…区创业路22号"
    assert site("18 Station Road, Dongjiang", 15) == "18 Station Ro.."
    assert site("路22号", 8) == "路22号"


def test_a_time_of_another_year_is_said_with_its_year() -> None:
    old = datetime(2024, 11, 28, 1, 12, tzinfo=UTC)
    chinese = render("fault", "zh-CN", said("fault", SITE, since=old, ert=at(5, 11, 30)), VOICE, "K7M2").body
    assert "2024年11月28日9时12分" in chinese
    assert "3月5日11时30分" in chinese
    assert "2026年" not in chinese
    english = render("fault", "en", said("fault", SITE, since=old, ert=at(5, 11, 30)), VOICE, "K7M2").body
    assert "09:12 on 28 November 2024" in english
    assert "5 March 2026" not in english


def test_over_new_year_the_day_that_lies_in_the_next_is_said_with_its_year() -> None:
    work = span(datetime(2026, 12, 31, 14, tzinfo=UTC), datetime(2026, 12, 31, 20, tzinfo=UTC))
    body = render("planned-notice", "zh-CN", said("planned", line=LINE, area=AREA, period=work), VOICE, "K7M2").body
    assert "12月31日22时至2027年1月1日4时" in body


# --- supplies


def test_a_lost_supply_is_named_with_the_line_it_hangs_on_and_the_change_over_is_asked_for() -> None:
    words = said("fault", SITE, since=at(5, 9, 12), cause="线路故障", supplies=MAIN)
    body = render("fault", "zh-CN", words, VOICE, "K7M2", "supply-lost").body
    assert body == (
        "【东江供电公司】您好!因线路故障,贵单位(中山路18号)的主供电源(10千伏城东线)自3月5日9时12分起停电,恢复后将再次告知您。"
        "请检查电源切换情况,确认其他电源供电正常。给您带来不便,深表歉意。请始终视线路为带电。咨询请拨95598,编号K7M2。"
    )
    assert segments(body).count == 2


def test_a_supply_that_is_back_while_another_is_not_says_both() -> None:
    words = said("fault", SITE, restored_at=at(5, 13, 40), supplies=MAIN, still=STANDBY)
    body = render("part-restored", "zh-CN", words, VOICE, "K7M2", "one-still-lost").body
    assert body == (
        "【东江供电公司】您好!贵单位(中山路18号)的主供电源(10千伏城东线)已于3月5日13时40分恢复供电,备用电源(10千伏江滨线)仍停电,"
        "恢复后再告知您。请检查电源切换。给您带来不便,深表歉意。请始终视线路为带电。如用电异常,请拨95598,编号K7M2。"
    )
    assert segments(body).count == 2
    english = render(
        "part-restored", "en", replace(words, address="8 Industry Ave"), VOICE, "K7M2", "one-still-lost"
    ).body
    assert (
        "power is back since 13:40 on 5 March on the main supply (10千伏城东线) of your site (8 Industry Ave)"
        in english
    )
    assert "Still off: the standby supply (10千伏江滨线)" in english


def test_notice_of_work_on_one_supply_names_it() -> None:
    words = said("planned", SITE, line=LINE, area=AREA, period=WORK, supplies=MAIN)
    body = render("planned-notice", "zh-CN", words, VOICE, "K7M2").body
    assert "10千伏城东线中山路一带定于3月12日8时至17时停电,贵单位(中山路18号)的主供电源在停电范围内" in body
    assert segments(body).count == 2
    english = render("planned-notice", "en", replace(words, address="8 Industry Ave"), VOICE, "K7M2").body
    assert "The main supply of your site (8 Industry Ave) is affected" in english
    other = render(
        "planned-notice", "en", replace(words, supplies=STANDBY, address="8 Industry Ave"), VOICE, "K7M2"
    ).body
    assert "The standby supply (10千伏江滨线) of your site" in other


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", [*get_args(Trigger), *OTHERS])
def test_a_private_home_is_no_site(name: str, language: str) -> None:
    words = replace(FULL, address="和平路3号", home=True)
    if name in OF_SUPPLIES:
        words = replace(words, supplies=MAIN, still=STANDBY)
    body = render("fault", language, words, VOICE, "K7M2Q", template=name).body
    assert "贵单位" not in body
    assert "site" not in body
    assert "您家(和平路3号)" in body or "our home (和平路3号)" in body


@pytest.mark.parametrize("name", OF_SUPPLIES)
def test_long_names_of_supplies_are_cut_to_two_segments(name: str) -> None:
    long = "东江市高新技术产业开发区第二工业园区" * 3
    words = said(
        "fault",
        long,
        since=at(5, 9, 12),
        restored_at=at(6, 13, 40),
        cause="施工外力破坏",
        supplies=(NamedSupply("main", long),),
        still=(NamedSupply("standby", long),),
    )
    body = render("fault", "zh-CN", words, VOICE, "K7M2Q", name).body
    assert segments(body).count == 2, f"{segments(body).units} units: {body}"
