"""Whatever places, causes and devices are called, a text costs no more than it may, and says its times whole."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.wording.checking.lint import fields_of
from services.notifier.domain.wording.checking.owed import MOST, OWED
from services.notifier.domain.wording.checking.samples import OF_SUPPLIES, REF, Kind, of_kind, variations
from services.notifier.domain.wording.life_support import LifeSupport
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import NamedSupply, TemplateFields, books, render_by, segment_limit
from tests.kits.deciders.notifier import VOICE, ZONE

NAMES = st.one_of(
    st.text("东江市高新技术产业开发区滨江大道一二三号楼·()（）", max_size=60),
    st.text("ABCDEFGHIJ abcdefghij-/,.'0123456789", max_size=60),
)
PERHAPS = st.none() | NAMES
KINDS: st.SearchStrategy[Kind] = st.sampled_from(get_args(Kind))
TEXTS = [(language, name) for language, book in books().items() for name in book.texts]


@cache
def said(language: str, name: str) -> st.SearchStrategy[TemplateFields]:
    """What the text may have to say besides places; made once, for that costs more than an example."""
    has = OWED.get(name, MOST).has
    return st.sampled_from([*variations(ZONE, fields_of(books()[language].texts[name][1]), has)])


@pytest.mark.parametrize(("language", "name"), TEXTS)
@given(st.data())
def test_no_name_makes_a_text_cost_more_than_it_may(language: str, name: str, data: st.DataObject) -> None:
    book = books()[language]
    words = data.draw(said(language, name))
    kind: Kind = "several-supplies" if name in OF_SUPPLIES else data.draw(KINDS)
    words = of_kind(words, kind, "han")
    words = replace(
        words,
        address=data.draw(PERHAPS),
        line=data.draw(NAMES),
        area=data.draw(NAMES),
        cause=data.draw(PERHAPS),
        care=LifeSupport(data.draw(PERHAPS), timedelta(minutes=470)) if words.care else None,
        supplies=(NamedSupply("main", data.draw(NAMES)),) if words.supplies else (),
        still=(NamedSupply("standby", data.draw(NAMES)),) if words.still else (),
    )
    body = render_by(book, name, words, VOICE, REF).body
    cost = segments(body)
    assert cost.count <= segment_limit(book, name, words), f"{cost.units} {cost.encoding} units: {body}"
    assert REF in body
    assert VOICE.hotline in body
