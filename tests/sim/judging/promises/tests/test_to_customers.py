"""Promises of words are held against the texts that went: each way to be wrong is named, and nothing that is right."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.contracts.base import RuleRef
from schemas.contracts.messages import MessageAccepted
from schemas.contracts.promises import PromiseAtRisk, PromiseBroken, PromiseKept, PromiseMade, PromiseVoided
from services.notifier.domain.events import TextMeant
from tests.sim.judging.promises.to_customers import judge_words
from tests.sim.judging.words import Word, told

ZERO: Final = datetime(2026, 3, 5, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
DUE: Final = ZERO + 10 * MINUTE
ABOUT: Final[dict[str, Any]] = {
    "promise_id": "hospital/r/1",
    "customer_id": "hospital",
    "rule": RuleRef(policy_id="p", policy_version="1", rule_id="r"),
    "due_at": DUE,
}


def word(at: datetime, said: object) -> Word:
    return Word(at, "x", said)


def made(obligation: str = "first-word") -> Word:
    return word(ZERO, PromiseMade(**ABOUT, measured_from=ZERO, at_risk_at=ZERO + 5 * MINUTE, obligation=obligation))


def warned() -> Word:
    return word(ZERO + 5 * MINUTE, PromiseAtRisk(**ABOUT, at=ZERO + 5 * MINUTE, reason="text-not-taken-yet"))


def kept(at: datetime, text: str = "t1") -> Word:
    return word(at, PromiseKept(**ABOUT, at=at, reason="told-in-time", evidence=(text,)))


def broken() -> Word:
    return word(DUE, PromiseBroken(**ABOUT, at=DUE, reason="text-not-taken-yet"))


def text(
    at: datetime, believes: Any = "out", name: str = "t1", thread: str = "supply", asked: datetime | None = None
) -> list[Word]:
    taken = MessageAccepted(
        message_id=name, customer_id="hospital", attempt=1, provider="twilio", provider_sid="S", accepted_at=at
    )
    return [word(asked or at, TextMeant(message_id=name, thread=thread, says="x", believes=believes)), word(at, taken)]


def judged(promises: list[Word], log: list[Word], now: datetime = DUE + MINUTE) -> list[str]:
    return judge_words(told(promises), log, [], now)


def test_a_word_that_went_in_time_is_kept() -> None:
    assert judged([made(), kept(ZERO + MINUTE)], text(ZERO + MINUTE)) == []


def test_a_word_that_never_went_is_broken() -> None:
    assert judged([made(), warned(), broken()], []) == []


def test_a_word_is_not_kept_by_a_text_that_says_something_else_or_came_late() -> None:
    assert "no text says so" in judged([made(), kept(ZERO + MINUTE)], text(ZERO + MINUTE, "noticed"))[0]
    late = judged([made(), kept(DUE + MINUTE)], text(DUE + MINUTE))
    assert any("no text says so" in line for line in late)


def test_a_word_that_went_in_time_is_not_broken() -> None:
    assert "is broken, and text t1 went" in judged([made(), warned(), broken()], text(ZERO + MINUTE))[0]


def test_a_text_that_was_taken_before_it_was_asked_for_is_found() -> None:
    found = judged([made(), kept(ZERO + MINUTE)], text(ZERO + MINUTE, asked=ZERO + 2 * MINUTE))
    assert len(found) == 1
    assert "taken at 05 00:01:00, and was asked for at 05 00:02:00" in found[0]


def test_a_promise_past_its_time_has_a_verdict_and_a_broken_one_a_warning() -> None:
    assert "has no verdict" in judged([made(), warned()], [])[0]
    assert "nobody was warned" in judged([made(), broken()], [])[0]


def test_news_that_nobody_promised_is_found() -> None:
    found = judged([], [*text(ZERO), *text(ZERO + MINUTE, "back", "t2")])
    assert ["first-word" in found[0], "restored-word" in found[1]] == [True, True]


def test_a_text_that_could_not_be_stopped_was_promised_and_is_owed_no_more() -> None:
    voided = word(ZERO + MINUTE, PromiseVoided(**ABOUT, at=ZERO + MINUTE, reason="over-before-told"))
    assert judged([made(), voided], text(ZERO + 2 * MINUTE)) == []


def test_whoever_knew_of_work_is_owed_no_first_word() -> None:
    assert judged([], [*text(ZERO, "noticed", "t0", "notice/P1"), *text(ZERO + MINUTE)]) == []


def test_of_a_text_that_an_older_version_asked_for_nobody_had_to_promise_anything() -> None:
    log = text(ZERO + MINUTE)
    assert "no first-word was promised" in judged([], log)[0]
    assert judge_words([], log, [], DUE, since=ZERO + 2 * MINUTE) == []
    assert judge_words([], log, [], DUE, since=ZERO) == judged([], log)
