"""A text that goes by a gateway bears the name that is registered there, once."""

from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.signing import signed

ENGLISH = "Dongjiang Power: Your site (Riverside Clinic) has had no power since 17:29 on 12 March."


def test_a_chinese_text_by_the_same_name_bears_it_once() -> None:
    body = "【东江供电公司】您好!贵单位停电。"
    assert signed(body, "东江供电公司") == body


def test_a_name_that_is_spelled_otherwise_is_put_before_it_all_the_same() -> None:
    assert signed("【东江供电公司】您好!", "东江供电").startswith("【东江供电】【东江供电公司】")


def test_an_english_text_with_it_costs_as_a_chinese_one() -> None:
    assert segments(ENGLISH).count == 1
    sent = segments(signed(ENGLISH, "东江供电公司"))
    assert (sent.encoding, sent.count) == ("ucs-2", 2)
