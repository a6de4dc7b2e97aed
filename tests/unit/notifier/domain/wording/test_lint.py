"""The check of the texts: the ones that ship pass it, and each of its rules is broken by a text that is spoilt on purpose."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.notifier.domain.wording.checking.lint import KNOWN, RULES, fields_of, lint_templates
from services.notifier.domain.wording.checking.word_list import forbidden_in
from services.notifier.domain.wording.templates import HERE, books
from tests.kits.deciders.notifier import VOICE


def test_the_texts_that_ship_pass() -> None:
    assert [f"{one.where} {one.text}: {one.what}" for one in lint_templates(HERE, VOICE)] == []


def test_every_field_that_a_text_uses_is_known() -> None:
    assert {field for book in books().values() for _, text in book.texts.values() for field in fields_of(text)} <= KNOWN


Spoil = Callable[[str], str]


def swap(text: str, old: str, new: str) -> Spoil:
    """In the text of that name."""

    def spoil(page: str) -> str:
        head, mark, rest = page.partition(f"[{text}]\n")
        body, end, tail = rest.partition("\n\n")
        assert old in body, f"{text} does not say {old}"
        return head + mark + body.replace(old, new) + end + tail

    return spoil


def cut(pattern: str) -> Spoil:
    return lambda page: re.sub(pattern, "", page, flags=re.MULTILINE | re.DOTALL)


SPOILT: dict[str, tuple[str, str, Spoil]] = {
    # rule: language, text that is named, how it is spoilt
    "unreadable": ("en", "-", lambda page: page.replace("[fault]", "[fault", 1)),
    "missing-text": ("en", "-", cut(r"^\[reopened\].*?\n\n")),
    "unknown-field": ("zh-CN", "fault", swap("fault", "{since}", "{sinse}")),
    "missing-field": (
        "zh-CN",
        "fault",
        swap("fault", "{expected}", "{expected}{restored}"),
    ),
    "no-signature": ("zh-CN", "restored", swap("restored", "【{signature}】", "")),
    "no-greeting": ("zh-CN", "restored", swap("restored", "您好!", "")),
    "no-hotline": ("en", "fault", swap("fault", "{hotline}", "us")),
    "no-code": ("en", "fault", swap("fault", ", ref {ref}", "")),
    "no-site": ("zh-CN", "fault", swap("fault", "{you}", "此地")),
    "no-apology": ("en", "cancelled", swap("cancelled", "We are sorry for upsetting your plans. ", "")),
    "weak-apology": ("zh-CN", "breach-apology", swap("breach-apology", "向您诚恳道歉", "深表歉意")),
    "no-time": ("zh-CN", "fault-time-unknown", swap("fault-time-unknown", "将于{by}前再次告知您", "将再次告知您")),
    "no-about": (
        "zh-CN",
        "phrases.expected",
        lambda page: page.replace('"预计{ert}左右恢复供电', '"预计{ert}恢复供电'),
    ),
    "no-live-lines": ("en", "fault", swap("fault", "Please treat lines as live throughout. ", "")),
    "forbidden-word": ("zh-CN", "fault", swap("fault", "停电,", "跳闸停电,")),
    "wrong-address": ("zh-CN", "fault", swap("fault", "{you}自", "{you}(贵单位)自")),
    "too-long": ("zh-CN", "fault", swap("fault", "给您带来不便", "给您的生产、经营和日常生活带来诸多不便" * 5)),
    "no-answer": ("zh-CN", "phrases.answer", lambda page: page.replace("收到请回复1。", "收到请回复。")),
    "costly-letter": ("en", "fault", swap("fault", "We are sorry", "We’re sorry")),
}


def spoilt(folder: Path, language: str, spoil: Spoil) -> Path:
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    page = folder / f"{language}.toml"
    before = page.read_text(encoding="utf-8")
    page.write_text(spoil(before), encoding="utf-8")
    assert page.read_text(encoding="utf-8") != before
    return page


def test_every_rule_is_shown_by_a_spoilt_text() -> None:
    assert set(SPOILT) == set(RULES)


@pytest.mark.parametrize("rule", sorted(SPOILT))
def test_a_text_that_breaks_a_rule_is_found_with_its_place_and_what_to_do(rule: str, tmp_path: Path) -> None:
    language, text, spoil = SPOILT[rule]
    page = spoilt(tmp_path, language, spoil)
    # The texts of the other language, which all pass, are half of what this costs.
    for other in set(tmp_path.glob("*.toml")) - {page}:
        other.unlink()
    found = [one for one in lint_templates(tmp_path, VOICE) if one.rule == rule]
    assert found, f"nothing breaks {rule}"
    assert {one.text for one in found} == {text}
    name, _, line = found[0].where.rpartition(":")
    assert Path(name) == page
    lines = page.read_text(encoding="utf-8").splitlines()
    assert text == "-" or lines[int(line) - 1].startswith(("text =", "expected =", "answer ="))
    assert all(one.what and one.to_do for one in found)


def test_a_folder_without_templates_is_no_clean_bill(tmp_path: Path) -> None:
    assert [one.rule for one in lint_templates(tmp_path, VOICE)] == ["unreadable"]


def test_a_phrase_that_the_program_asks_for_must_be_there(tmp_path: Path) -> None:
    spoilt(tmp_path, "en", cut(r"^care-until = .*?\n"))
    assert {one.what for one in lint_templates(tmp_path, VOICE)} >= {"there is no phrase care-until"}


def test_a_phrase_is_held_to_the_word_list_too(tmp_path: Path) -> None:
    spoilt(tmp_path, "en", lambda page: page.replace("We are repairing it", "We repair it because of you"))
    found = {one.text for one in lint_templates(tmp_path, VOICE) if one.rule == "forbidden-word"}
    assert found >= {"phrases.work-crew", "fault", "reopened"}, "where it stands, and where it is said"


@pytest.mark.parametrize(
    ("language", "blame"),
    [
        ("zh-CN", "因您的用电设备故障"),
        ("zh-CN", "系用户原因造成"),
        ("zh-CN", "您未及时报修"),
        ("zh-CN", "请自查内部线路"),
        ("en", "You should have told us"),
        ("en", "This was caused by the customer"),
        ("en", "Your equipment is at fault"),
    ],
)
def test_the_customer_is_never_blamed(language: str, blame: str) -> None:
    assert [why for _, why in forbidden_in(blame, language)] == ["it blames the customer"]


@pytest.mark.parametrize("said", ["We will restore it as soon as we can", "a fault", "The cause was a fault of ours"])
def test_plain_words_pass(said: str) -> None:
    assert list(forbidden_in(said, "en")) == []
