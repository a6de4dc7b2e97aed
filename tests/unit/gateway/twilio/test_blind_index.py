"""One number, one fingerprint; no key, no fingerprint."""

import hmac

import pytest

from services.gateway.twilio.blind_index import blind_index, e164
from services.kernel.observing.masking import mask_all

KEY = b"k" * 32


@pytest.mark.parametrize(
    "written", ["+447700900123", "+44 7700 900123", " +44 (0)7700 900-123", "+44.7700.900123", "+447700900123 "]
)
def test_every_way_to_write_a_number_gives_the_same_index(written: str) -> None:
    assert e164(written) == "+447700900123"
    assert blind_index(written, KEY) == hmac.new(KEY, b"+447700900123", "sha256").hexdigest()


def test_other_numbers_and_other_keys_give_other_indexes() -> None:
    made = {blind_index(number, KEY) for number in ("+447700900123", "+447700900124", "+12025550123")}
    assert len(made | {blind_index("+447700900123", b"j" * 32)}) == 4


def test_short_codes_and_names_have_an_index_of_their_own() -> None:
    assert blind_index("95598", KEY) == blind_index(" 95598 ", KEY)
    assert blind_index("Grid", KEY) == blind_index("GRID", KEY)
    assert "95598" not in blind_index("95598", KEY)


def test_a_short_key_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        blind_index("+447700900123", b"short")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call me at +44 7700 900123 please", "call me at [phone] please"),
        ("打 13800138000", "打 [phone]"),
        ("１３８００１３８０００ 全角", "[phone] 全角"),
        ("(202) 555-0123", "([phone]"),
        ("138–0013–8000", "[phone]"),
        ("138/0013/8000", "[phone]"),
        ("138_0013_8000, 138·0013·8000", "[phone], [phone]"),
        ("138\u200b0013\u200b8000", "[phone]"),
        ("1", "1"),
        ("K7F3Q 8:00-12:30", "K7F3Q 8:00-12:30"),
    ],
)
def test_numbers_in_a_reply_are_masked_and_the_rest_is_kept(text: str, masked: str) -> None:
    assert mask_all(text) == masked
