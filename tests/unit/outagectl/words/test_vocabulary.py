"""Every word of the wire that people read has its meaning, once: a new one is missed here and not on a screen."""

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import pytest

from outagectl.commands.duty import promises as promise_list
from outagectl.words.gaps import BREACHES
from outagectl.words.texts import TEXTS
from outagectl.words.topics.notices import OUTCOMES
from outagectl.words.vocabulary import CREW, OBLIGATIONS, OUTAGE_CLASSES, obligation_words, promised
from schemas.contracts.base import CrewStatusKind, OutageClass
from schemas.contracts.messages import Trigger
from schemas.contracts.notices import NoticeBreached, NoticeClosed
from services.notifier.domain.outage import informed_promise
from services.planner.domain import promises as of_planner
from services.policy.vocabulary import Promised
from services.readmodels.promises import OPEN, VERDICTS
from services.restorer.domain.owed import moments as of_restorer


@pytest.mark.parametrize(
    ("words", "literal"),
    [
        (OUTAGE_CLASSES, OutageClass),
        (CREW, CrewStatusKind),
        (OBLIGATIONS, Promised),
        (TEXTS, Trigger),
        (BREACHES, get_type_hints(NoticeBreached)["kind"]),
        (OUTCOMES, get_type_hints(NoticeClosed)["outcome"]),
    ],
)
def test_words_are_complete(words: Mapping[str, object], literal: Any) -> None:
    assert words.keys() == set(get_args(literal))


def test_every_state_of_a_promise_is_shown_in_a_word() -> None:
    assert promise_list.WORDS.keys() == {*OPEN, *VERDICTS}


def test_whatever_a_service_promises_has_words() -> None:
    made = {
        *of_restorer.OBLIGATIONS,
        *of_restorer.SAID,
        of_planner.DONE,
        of_planner.TOLD_IN_TIME,
        informed_promise.OBLIGATION,
    }
    assert made <= set(get_args(Promised))


def test_an_obligation_of_a_later_version_is_named_as_it_is() -> None:
    assert obligation_words("dance") is None
    assert promised("dance") == ("dance", "not done: dance")
