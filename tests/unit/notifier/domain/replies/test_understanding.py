"""What people answer, however they type it: full width, traditional, spaced, with marks and emoji, with a code or another's."""

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.contracts.receipts import InboundReceived
from services.notifier.domain.replies.understanding import Meaning, Understood, understand
from services.notifier.domain.replies.words import reply_words
from services.notifier.domain.wording.reference import CROCKFORD, outage_code

SAID: dict[Meaning, tuple[str, ...]] = {
    "says-off": (
        "没电",
        "还没来电",
        "我们这里仍然停电",
        "ＮＯ ＰＯＷＥＲ",
        "Still out.",
        "OFF",
        "there is no power here",
        "It’s not back",
        "没有电",
        "沒有電",
        "还 没 有 电!!",
        "no, thanks",
        "power went off again",
        "power is back but went off again",
        "又停了",
        "停电了",
        "power is out",
        "the lights are out",
        "hasn't come back",
        "isn't back on",
        "没电，什么时候来电？",
        "why is there no power",
        "还没恢复",
        "未恢復供電",
        "没来",
        "no",
        "没",
        "不亮",
        "1 没电",
        "we still have no power",
        "no power啊",
        "停電",
    ),
    "says-on": (
        "来电了,谢谢",
        "没有停电",
        "power is back",
        "no problem, power is on",
        "有电了",
        "來電了",
        "恢复了",
        "Yes, back on",
        "我们这边已经恢复供电",
        "power was out but is back now",
        "all good",
        "正常",
    ),
    "confirms": (
        "1",
        "１",
        "①",
        "1️⃣",
        "１。",
        "“1”",
        " 1 ",
        "١",
        "收到",
        "收到，谢谢",
        "好的",
        "OK",
        "ok thanks",
        "thank you",
        "谢谢",
        "👍",
        "👍🏽",
        "知道了，辛苦了！",
        "YES",
        "收到停电通知",
        "received with thanks",
        "noted.",
        "明白",
        "1 谢谢",
        "thanks for letting us know",
        "no problem",
        "Liked “Dongjiang Power: Your site has had no power since 9:12. We are repairing it.”",
    ),
    "stop": (
        "STOP",
        "stop",
        "stop.",
        "Stop please",
        "ＳＴＯＰ",
        "退订",
        "退訂",
        "TD",
        "t",
        "回T退订",
        "STOPALL",
        "unsubscribe",
        "CANCEL",
        "quit",
        "停止",
        "please stop texting me",
        "stop sending me texts",
        "不要再发短信了",
        "别发了，谢谢",
    ),
    "start": ("START", "unstop", "恢复订阅"),
    "help": ("HELP", "info", "帮助"),
    "asks": (
        "什么时候来电",
        "什么时候有电？",
        "when will the power be back",
        "恢复了吗",
        "来电了没",
        "多久能修好",
        "how long?",
        "why was the power cut",
        "有没有电",
        "几点恢复",
        "any update?",
    ),
    "other": (
        "收费太高了",
        "明天停电吗",
        "please stop the power cuts",
        "停电通知是什么意思",
        "",
        "😡",
        "2",
        "is the power off tomorrow",
        "我没有电话",
        "呼吸机只能再撑十分钟",
        "wrong number",
        "12",
        "我要投诉",
        "the power stopped a clock",
        "Disliked “Your site has had no power since 9:12.”",
    ),
}
EXAMPLES = [(meaning, body) for meaning, bodies in SAID.items() for body in bodies]
KNOWN = [
    (meaning, phrase)
    for meaning in ("stop", "start", "help", "confirms")
    for phrase in sorted(reply_words().lists[meaning])
]
CODE = "K7M2X"
AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
MARKS = ("", "!", "。", "…", "？！", " ~", "\n", "\u200b", "\u200f", "\ufe0f", "😀", " 🙂🙂")


@pytest.mark.parametrize(("meaning", "body"), EXAMPLES, ids=[f"{meaning}: {body}" for meaning, body in EXAMPLES])
def test_each_is_understood_as_it_is_meant(meaning: Meaning, body: str) -> None:
    assert understand(body).meaning == meaning


@pytest.mark.parametrize("opt_out", ["stop", "start", "help"])
def test_what_the_provider_has_understood_stands(opt_out: str) -> None:
    text = InboundReceived(
        provider="twilio",
        provider_sid="SM1",
        from_index="ix",
        body="ARRET",
        received_at=AT,
        opt_out=opt_out,  # type: ignore[arg-type]
    )
    assert understand(text.body, opt_out=text.opt_out).meaning == opt_out


def test_yes_confirms_a_text_and_asks_for_texts_again_of_whoever_has_stopped_them() -> None:
    assert understand("YES").meaning == "confirms"
    assert understand("Yes!", stopped=True).meaning == "start"
    assert understand("yes, back on", stopped=True).meaning == "says-on"


def full_width(text: str) -> str:
    return "".join(
        chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else "\u3000" if sign == " " else sign for sign in text
    )


def traditional(text: str) -> str:
    back = {plain: other for other, plain in reply_words().others.items()}
    return "".join(back.get(sign, sign) for sign in text)


TYPED = st.sampled_from(EXAMPLES).filter(lambda one: bool(one[1]) and "“" not in one[1])


@given(TYPED, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(MARKS), st.sampled_from(MARKS))
@example(("confirms", "1"), True, False, False, "\u200b", "\ufe0f")
def test_width_script_case_marks_and_emoji_change_nothing(
    said: tuple[Meaning, str], wide: bool, old: bool, loud: bool, before: str, after: str
) -> None:
    meaning, body = said
    body = traditional(body) if old else body
    body = body.upper() if loud else body
    body = full_width(body) if wide else body
    assert understand(f"{before}{body}{after}").meaning == meaning, unicodedata.normalize("NFKC", body)


HAN = [
    one for one in EXAMPLES if one[0] in ("says-off", "says-on", "stop") and re.fullmatch(r"[\u4e00-\u9fff，]+", one[1])
]


@given(st.sampled_from(HAN))
def test_chinese_may_be_parted_by_blanks(said: tuple[Meaning, str]) -> None:
    meaning, body = said
    assert understand(" ".join(body)).meaning == meaning


@given(
    st.sampled_from(KNOWN),
    st.lists(st.sampled_from(sorted(reply_words().lists["courtesy"])), max_size=2),
    st.booleans(),
)
def test_courtesy_takes_nothing_away(
    said: tuple[Meaning, tuple[str, ...]], polite: list[tuple[str, ...]], first: bool
) -> None:
    meaning, phrase = said
    words = [" ".join(one) for one in (*polite, phrase)] if first else [" ".join(one) for one in (phrase, *polite)]
    assert understand(", ".join(words)).meaning == meaning


def parted(code: str) -> list[str]:
    marked = [f"{code}-W2", f"{code}-W2XR", f"编号{code}", f"ref {code}."]
    return [code, code.lower(), full_width(code), " ".join(code), "-".join(code), *marked]


@given(
    st.sampled_from(parted(CODE)),
    st.sampled_from(["", "没电", "1", "来电了", "什么时候来电", "我要投诉"]),
    st.booleans(),
)
def test_a_code_of_ours_is_found_however_it_is_typed_and_the_rest_means_what_it_means(
    typed: str, words: str, first: bool
) -> None:
    body = f"{typed} {words}" if first else f"{words} {typed}"
    assert understand(body, {CODE, "P3Q4"}) == Understood(understand(words or "1").meaning, CODE)


@given(st.text(alphabet=CROCKFORD, min_size=3, max_size=12), st.text(alphabet=CROCKFORD, min_size=3, max_size=12))
def test_a_new_code_of_any_customer_is_heard_and_no_other_is_taken_for_it(customer: str, mrid: str) -> None:
    code = outage_code(customer, mrid)
    assert understand(f"{code} 没电", {code}).code == code
    other = outage_code(customer, mrid, {code})
    assert understand(f"{other} 没电", {code}) == Understood("says-off", None, is_strange=True)


def test_codes_of_versions_before_are_found_as_they_were_printed() -> None:
    assert understand("k7m2 没电", {"K7M2"}).code == "K7M2"
    assert understand("没电", {"K7M2"}).code is None
    assert understand("1", {"K7M2"}) == Understood("confirms")


@given(st.text(max_size=1600))
def test_whatever_comes_is_understood_as_something_or_read_by_a_person(body: str) -> None:
    assert understand(body, {CODE}).meaning in SAID


@given(st.sampled_from(["没", "不要", "停", "电", "来", "ok ", "no ", "off "]), st.integers(300, 1600))
def test_a_long_text_holds_up_nobody(word: str, times: int) -> None:
    assert understand((word * times)[:1600]).meaning in SAID


def test_a_text_of_ours_that_somebody_sends_back_is_not_taken_for_their_words() -> None:
    ours = "【东江供电公司】您好!贵单位(中山路18号)已于3月5日13时40分恢复供电。如仍无电或用电异常,请拨95598,编号K7M2X。"
    assert understand(ours).meaning == "says-on"
    assert understand(f"“{ours}” 没电").meaning == "says-off"
    assert understand(f"> {ours}\n收到").meaning == "confirms"
    assert understand(f"Liked “{ours[:60]}").meaning == "confirms", "cut off by the handset"
