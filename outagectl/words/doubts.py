"""Events in words: facts that cannot be so, what is asked about them, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping

from operations.times import Times
from outagectl.words.dispatch_and_notices import Data, Wording


def _questioned(d: Data, _: Times) -> str:
    what = "is told to nobody" if d.get("held") != "field" else f"is told without its {d.get('field')}"
    return f"Question {d.get('questionId')} to dispatch about {d.get('cause')}, which {what}: {d.get('question')}"


def _held(d: Data, t: Times) -> str:
    return f"{d.get('factType')} is held, {d.get('field')} {t.text(d.get('given'))} cannot be ({d.get('questionId')})"


def _untold(d: Data, _: Times) -> str:
    whom = ", ".join(d.get("customerIds", ())[:3])
    return (
        f"{d.get('customers')} special or life-support customers ({whom}) are told NOTHING while {d.get('factType')} is "
        f"held: a person must act (outagectl facts accept {d.get('questionId')})"
    )


DOUBTS: Mapping[str, Wording] = {
    "fact.questioned.v1": _questioned,
    "fact.held.v1": _held,
    "fact.answered.v1": lambda d, _: (
        f"{d.get('by')} answers question {d.get('questionId')}: the fact is {'so' if d.get('accept') else 'NOT so'}"
    ),
    "fact.accepted.v1": lambda d, _: f"Question {d.get('questionId')}: the fact is so, says {d.get('by')}",
    "fact.refused.v1": lambda d, _: f"Question {d.get('questionId')}: the fact is not so, says {d.get('by')}",
    "customers.untold.v1": _untold,
}
