"""A promise and words about it, lives drawn at random, and what may follow upon which, apart from the code that says it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)

START = datetime(2026, 3, 5, 9, 20, tzinfo=UTC)
DUE = START + timedelta(days=1)
RULE = RuleRef(policy_id="cn", policy_version="1", rule_id="cn.fault-done")
NAME = f"F-1/{RULE.rule_id}/1"
COMMON: dict[str, Any] = {"promise_id": NAME, "mrid": "F-1", "rule": RULE, "due_at": DUE}
LATER: dict[str, type[Promise]] = {
    "at-risk": PromiseAtRisk,
    "kept": PromiseKept,
    "broken": PromiseBroken,
    "voided": PromiseVoided,
    "corrected": PromiseCorrected,
    "explained": PromiseExplained,
}


def made(**more: Any) -> PromiseMade:
    """The promise of a fault done within a day, made at START."""
    fields = COMMON | {"measured_from": START, "at_risk_at": DUE - timedelta(hours=4), "obligation": "fault-done"}
    return PromiseMade(**fields | more)


def said(kind: str, **more: Any) -> Any:
    """A later word about it: at-risk, kept, broken, voided, corrected, explained."""
    return LATER[kind](**COMMON | {"at": DUE, "reason": f"was-{kind}"} | more)


@st.composite
def lives(draw: st.DrawFn) -> list[Promise]:
    """One promise from its making on: warnings perhaps, a verdict perhaps, corrections of it, and why it was broken."""
    again = draw(st.integers(0, 2))
    words: list[Promise] = [made(warn_again_at=tuple(DUE - timedelta(hours=3 - n) for n in range(again)))]
    given = range(1, draw(st.integers(0, again + 1)) + 1)
    words += [said("at-risk", **({"number": number, "of": again + 1} if again else {})) for number in given]
    verdicts = draw(st.lists(st.sampled_from(["kept", "broken", "voided"]), max_size=5))
    stands = "open"
    for number, verdict in enumerate(verdicts):
        reason = f"reason-{number}"
        if stands == "open":
            unproven = {"unproven": draw(st.booleans())} if verdict == "broken" else {}
            words.append(said(verdict, reason=reason, **unproven))
        elif verdict != stands:
            words.append(said("corrected", was=stands, now=verdict, reason=reason))
        stands = verdict
        if stands == "broken" and draw(st.booleans()):
            words.append(said("explained", by="chen", reason=f"why-{number}"))
    return words


VERDICTS: dict[type[Promise], str] = {PromiseKept: "kept", PromiseBroken: "broken", PromiseVoided: "voided"}


@dataclass
class Lives:
    """The promises of one stream as they were said, each held to its life."""

    standing: dict[str, str] = field(default_factory=dict)
    warned: dict[str, int] = field(default_factory=dict)
    """The last warning of each, by its number."""
    again: dict[str, int] = field(default_factory=dict)
    due: dict[str, object] = field(default_factory=dict)

    def hear(self, word: object) -> None:
        """One more word of the stream.

        Raises:
            AssertionError: it may not follow upon what was said before.

        """
        if not isinstance(word, Promise):
            return
        name, stands = word.promise_id, self.standing.get(word.promise_id)
        if isinstance(word, PromiseMade):
            assert stands is None, f"{name} is made twice"
            self.standing[name], self.due[name] = "open", (word.due_at, word.rule, word.mrid, word.customer_id)
            instants = (word.at_risk_at, *word.warn_again_at)
            assert [*instants] == sorted(instants), f"{name} is warned of in no order"
            assert all(at < word.due_at for at in word.warn_again_at), f"{name} is warned of when it is due"
            self.again[name] = len(word.warn_again_at)
            return
        assert stands is not None, f"{type(word).__name__} of {name}, which nobody made"
        said = (word.due_at, word.rule, word.mrid, word.customer_id)
        assert said == self.due[name], f"{name} is another promise now"
        if isinstance(word, PromiseAtRisk):
            assert stands == "open", f"{name} is called at risk though it is {stands}"
            number = word.number or 1
            assert self.warned.get(name, 0) < number, f"{name} is called at risk twice"
            assert number <= self.again[name] + 1, f"{name} is called at risk once more than it said"
            assert (word.of or 1) == self.again[name] + 1, f"{name} says that there are {word.of} warnings"
            self.warned[name] = number
        elif isinstance(word, PromiseExplained):
            pass  # whenever somebody knows why; no verdict is changed by it
        elif isinstance(word, PromiseCorrected):
            assert (word.was, stands != "open", word.now != word.was) == (stands, True, True), (
                f"{name} is {stands}: {word}"
            )
            self.standing[name] = word.now
        else:
            assert stands == "open", f"{name} gets a second verdict: it is {stands}"
            self.standing[name] = VERDICTS[type(word)]
