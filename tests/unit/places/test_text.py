"""Text that others wrote: clean where it is said, escaped where it is shown, cheap in English, and never a link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.places import cleaned, escaped, gsm_friendly, normal, without_addresses


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Block A\nWest Gate", "Block A West Gate"),
        ("Block A\r\n\r\nWest Gate", "Block A West Gate"),
        ("Line\u2028Sep St", "Line Sep St"),
        ("NBSP\u00a0Clinic", "NBSP Clinic"),
        ("医院\u3000东门 ", "医院 东门"),
        ("\u202e院医\u202c", "院医"),
        ("\u001b[31m医院\u001b[0m", "医院"),
        ("医\u200b院\ufeff", "医院"),
        ("医院\u0000\u0007", "医院"),
        ("医院\ud800", "医院"),
        ("赟\ue000昇", "赟\ue000昇"),  # a rare character of a utility's own font
        ("St Mary’s Hospital, Gate 3", "St Mary’s Hospital, Gate 3"),
    ],
)
def test_text_is_on_one_line_and_shows_all_that_it_holds(written: str, said: str) -> None:
    assert cleaned(written) == said


@given(st.text())
def test_clean_text_stays_as_it_is_and_means_the_same_place(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)
    assert normal(cleaned(text)) == normal(text)


@given(st.text(st.characters() | st.sampled_from("\u200b\u3164\u2800\u00a0 \t\x1b[m")))
def test_one_character_that_nobody_sees_changes_nothing_of_what_is_said(text: str) -> None:
    assert cleaned(f"{text}\0") == cleaned(text)


@given(st.text())
def test_a_terminal_is_never_steered_by_what_it_shows(text: str) -> None:
    assert not [c for c in escaped(text) if c in "\u001b\u009b\r\n\u0007\u200b\u202e\u2066\u2800\ufeff"]


def test_what_is_hidden_is_shown_by_its_number() -> None:
    assert escaped("医院\u202e\u001b[2J\n") == "医院\\u202e\\x1b[2J\\x0a"
    assert escaped("10kV 城东线（东段）") == "10kV 城东线（东段）"


def test_typographic_marks_have_a_form_that_costs_half() -> None:
    assert gsm_friendly("St Mary’s – “Gate” 3…") == 'St Mary\'s - "Gate" 3...'


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("外力破坏，详见http://t.cn/abc。", "外力破坏，详见 。"),
        ("see https://example.com/a?b=c now", "see now"),
        ("城东 www.example.cn 小区", "城东 小区"),
        ("城东example.com小区", "城东 小区"),
        ("ｗｗｗ．ｅｘａｍｐｌｅ．ｃｏｍ", ""),
        ("t.cn/abc", ""),
        ("St.Mary's Hosp.", "St.Mary's Hosp."),
        ("No.1 Road, 10.5 kV", "No.1 Road, 10.5 kV"),
        ("S.Co", "S.Co"),
        ("U.S. Co.", "U.S. Co."),
    ],
)
def test_no_link_is_left_in_what_is_said(written: str, left: str) -> None:
    assert without_addresses(written) == left
