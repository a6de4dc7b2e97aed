"""Describe in words how promises fared."""

from __future__ import annotations

from operations.times import Times
from outagectl.words.catalogue import catalogue, words
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)


def _subject(e: Promise) -> str:
    return f"{e.rule.rule_id if e.rule else '?'} ({e.promise_id})"


def _broken(e: PromiseBroken, t: Times) -> str:
    unproven = ", facts were still waiting" if e.unproven else ""
    return f"Promise {_subject(e)} is broken, {t.text(e.at)}{unproven}"


PROMISES = catalogue(
    words(PromiseMade, lambda e, t: f"Promise {_subject(e)}: {e.obligation}, due {t.text(e.due_at)}"),
    words(PromiseAtRisk, lambda e, t: f"Promise {_subject(e)} is at risk, due {t.text(e.due_at)}"),
    words(PromiseKept, lambda e, t: f"Promise {_subject(e)} is kept, {t.text(e.at)}"),
    words(PromiseBroken, _broken),
    words(PromiseVoided, lambda e, _: f"Promise {_subject(e)} no longer applies"),
    words(PromiseCorrected, lambda e, _: f"Promise {_subject(e)}: was {e.was}, is {e.now}"),
)
