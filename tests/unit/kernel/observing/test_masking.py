"""Nothing that looks like somebody's number stays; nothing else is touched."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType

from services.kernel.observing.masking import MASK, mask, mask_all
from services.kernel.writing.quarantine import redact

NUMBERS = [
    "+447700900123",
    "+44 7700 900123",
    "+44.7700.900123",
    "+44 (0)7700 900123",
    "0044 7700 900123",
    "07700 900123",
    "020 7946 0958",
    "13800138000",
    "138-0013-8000",
    "138 0013 8000",
    "138.0013.8000",
    "1380 0138 000",
    "138 00 13 80 00",
    "8613800138000",
    "86 138 0013 8000",
    "86-13800138000",
    "+8613800138000",
    "008613800138000",
    "0086 138 0013 8000",
    "010-12345678",
    "021-6234 5678",
    "(021) 6234-5678",
    "(021)62345678",
    "02162345678",
    "0755-8888 8888",
    "0769 2222 3333",
    "%2B8613800138000",
    "\\u002b8613800138000",
    "＋８６１３８００１３８０００",
    "１３８００１３８０００",
    "１３８　００１３　８０００",
    "（０２１）６２３４－５６７８",
    "138\u200b0013\u200b8000",
    "\u202a+1 555 010 0103\u202c",
    "138–0013–8000",
    "138\u00a00013\u00a08000",
    "(202) 555-0142",
    "+1 (202) 555-0142",
    "202-555-0142",
    "1-202-555-0142",
    "1 3 8 0 0 1 3 8 0 0 0",
    "1-3-8-0-0-1-3-8-0-0-0",
    "1. 3. 8. 0. 0. 1. 3. 8. 0. 0. 0",
    "+8 6 1 3 8 0 0 1 3 8 0 0 0",
    "8 6 1 3 8 0 0 1 3 8 0 0 0",
    "0 1 0 6 2 3 4 5 6 7 8",
    "１ ３ ８ ０ ０ １ ３ ８ ０ ０ ０",
    "138*0013*8000",
    "".join(f"\\u{ord(digit):04x}" for digit in "13800138000"),
    "".join(f"\\u{ord(digit):04X}" for digit in "+447700900123"),
    "\\u0031\\u0033\\u003800138000",
    "".join(f"%{ord(digit):02X}" for digit in "13800138000"),
    "".join(f"&#{ord(digit)};" for digit in "13800138000"),
    "".join(f"&#x{ord(digit):x};" for digit in "13800138000"),
]
AROUND = [
    "{}",
    "call {} now",
    '{{"to":"{}"}}',
    "tel:{}",
    "id/{}",
    "联系电话{}",
    "电话：{}，请回电",
    "{}.",
    "to={}",
    "'{}'",
    "({})",
]

OURS = [
    "2026-03-05T09:12:00+08:00",
    "2026-11-28T08:00",
    "2026-11-28 08:00:00.123456+00:00",
    "0225-12-01T00:00:00Z",
    "startedAt 2026-11-28T08:00:00Z lies before 2026-11-27T23:59:59+08:00",
    "20230501T082642",
    "/dispatch/east/88102",
    "bchydro-2222761/started/20230501T082642",
    "DJ-F-0305",
    "F-13800138000",
    "6fa459ea-ee8a-3ca4-894e-db77e160355e",
    "6f1e1d3a-0000-4000-8000-013800138000",
    "outage.dispatch[3] at offset 1234567",
    "offset=13800138000 position: 13912345678",
    "outage/13800138000",
    '{"nominalVoltage":10.5,"customersAffected":1380}',
    '{"mRID":"13800138000"}',
    "127.0.0.1:29893 and 10.20.30.40",
    "version 1.13800138000",
    "0.13800138000",
    "1764000000.123456",
    "1764000000",
    "1764000000000",
    "1380013800012",
    "12345678901",
    "sha256:13800138000ab",
    "SM0123456789abcdef0123456789abcdef",
    "95598",
    "12398",
    "10086",
    "10千伏城东线",
    "中山路18号",
    "08:00-12:00",
    "00:00:00 to 23:59:59",
    "2 0 2 6 - 1 1 - 2 8",
    "1 3 5 7 9",
    "[1,3,8,0,0,1,3,8,0,0,0]",
    "2026.11.28 1 3 5",
    "二〇二六年十一月二十八日",
    "\\u57ce\\u4e1c\\u0032\\u0030\\u0032\\u0036",
    "100%31",
    "手机信号2026-11-28中断",
    "致电95598",
]


def digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("around", AROUND)
def test_a_number_is_taken_out_wherever_it_stands(number: str, around: str) -> None:
    masked = mask(around.format(number))
    assert MASK in masked
    assert digits(masked) == ""
    clean, found = redact(around.format(number).encode())
    assert found
    assert number.encode() not in (clean or b"")


def test_two_numbers_beside_each_other_are_two() -> None:
    assert mask("13800138000 13900139000,+44 7700 900123/+44 7700 900456") == "[phone] [phone],[phone]/[phone]"


def test_a_date_beside_a_number_stays() -> None:
    assert mask("+44 7700 900123 2026-11-28 08:00") == "[phone] 2026-11-28 08:00"
    assert mask("2026-11-28 13800138000") == "2026-11-28 [phone]"


@pytest.mark.parametrize("text", OURS)
def test_instants_ids_and_figures_keep_their_digits(text: str) -> None:
    assert mask(text) == text
    assert redact(text.encode()) == (text.encode(), False)


def test_whoever_is_called_a_customer_in_a_sentence_has_no_id_of_ours() -> None:
    assert mask("customer 13800138000 called") == "customer [phone] called"


def test_in_words_of_people_every_long_number_goes() -> None:
    assert mask_all("打62345678，编号VHWAR，12:30") == "打[phone]，编号VHWAR，12:30"


@pytest.mark.parametrize("region", ["CN", "GB", "US"])
@pytest.mark.parametrize("kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
@pytest.mark.parametrize(
    "form",
    [
        PhoneNumberFormat.E164,
        PhoneNumberFormat.INTERNATIONAL,
        PhoneNumberFormat.NATIONAL,
        PhoneNumberFormat.RFC3966,
    ],
)
def test_a_number_as_the_library_of_numbers_writes_it_goes(region: str, kind: int, form: int) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    assert example is not None
    written = phonenumbers.format_number(example, form)
    assert digits(mask(f"他的电话{written}。")) == ""


@given(
    st.sampled_from(["CN", "GB", "US", "DE", "HK", "SG"]),
    st.sampled_from([PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL]),
    st.text(alphabet="电话 ,，;。:\n\"'", max_size=5),
    st.text(alphabet="电话 ,，;。:\n\"'", max_size=5),
)
def test_the_library_of_numbers_finds_none_left(region: str, form: int, before: str, after: str) -> None:
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    assert example is not None
    text = f"{before}{phonenumbers.format_number(example, form)}{after}"
    left = mask(text)
    assert [*PhoneNumberMatcher(left, region, leniency=Leniency.VALID)] == []
    assert left.startswith(before)
    assert left.endswith(after)


@given(st.text(alphabet="0123456789+-. ()年月日千伏线abcXYZ/：:\u200b１２＋", max_size=40))
def test_masking_again_changes_nothing_and_words_without_digits_stay(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    if not any(character.isdigit() for character in text):
        assert once == text


@pytest.mark.parametrize(
    "text",
    [
        "TEL13800138000",
        "mobile_13800138000",
        "wx13800138000",
        "?phone%3D13800138000",
        "%2213800138000%22",
        "138\t0013\t8000",
        "138_0013_8000",
        "138/0013/8000",
        "138·0013·8000",
    ],
)
def test_what_stands_before_a_number_or_between_its_groups_does_not_hide_it(text: str) -> None:
    assert digits(mask(text).replace("%22", "")) == ""


def test_a_number_in_words_of_people_may_go_over_two_lines() -> None:
    assert mask_all("138\n0013\n8000") == "[phone]"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "gb18030"])
def test_a_body_in_another_encoding_is_kept_without_its_numbers(encoding: str) -> None:
    clean, found = redact("张三 13800138000 来电".encode(encoding))
    assert found
    assert b"8000" not in (clean or b"").replace(b"\0", b"")


@pytest.mark.parametrize(
    "text", ["请拨62345678", "座机:6234-5678", "tel:2025550142", "回电 62345678 张", '"phone": "62345678"']
)
def test_a_short_number_goes_where_it_is_said_to_be_one_and_what_says_so_stays(text: str) -> None:
    assert digits(mask(text)) == ""
    assert mask(text).startswith(text[:2])


@pytest.mark.parametrize("text", ["一三八零零一三八零零零", "幺三八零零幺三八零零零", "一三八 零零一三 八零零零"])
def test_a_number_in_chinese_numerals_goes(text: str) -> None:
    assert mask(f"打{text}找我") == mask_all(f"打{text}找我") == f"打{MASK}找我"


@pytest.mark.parametrize(
    "written", ["62345678", "6 2 3 4 5 6 7 8", "6234\\u0035\\u0036\\u0037\\u0038", "六二三四五六七八"]
)
def test_a_customer_who_complains_with_a_date_keeps_the_date_and_not_the_number(written: str) -> None:
    assert mask_all(f"2026-11-28起停电，请拨{written}，12:30后") == f"2026-11-28起停电，请拨{MASK}，12:30后"
    assert "6234" not in mask_all(f"2026-11-28 {written}")


def test_words_of_customers_keep_no_number_that_the_corpus_has() -> None:
    assert {digits(mask_all(number)) for number in NUMBERS} == {""}
