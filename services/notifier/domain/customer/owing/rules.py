"""The rules of the policy under which customers are promised words: their names on the ledger, and their figures. Pure."""

from dataclasses import dataclass, field
from typing import Final

from schemas.contracts.base import RuleRef
from services.notifier.domain.customer.owing.state import (
    ACCOUNT_MANAGER,
    ANSWERS,
    FIRST_WORD,
    NEXT_WORD,
    OPERATORS,
    REACHED,
    RESTORED_WORD,
    SECOND_CONTACT,
)
from services.policy.promised import WordTimes

KEYS: Final = {
    FIRST_WORD: "settings.promises.first_word",
    NEXT_WORD: "settings.promises.overdue_word",
    RESTORED_WORD: "settings.promises.restored_word",
    REACHED: "settings.answers.receipt",
    SECOND_CONTACT: "settings.answers.receipt/second-contact",
    ANSWERS: "settings.answers.answer",
    ACCOUNT_MANAGER: "settings.answers.step/account-manager",
    OPERATORS: "settings.answers.step/operators",
}
"""By obligation, the key of the policy that says how soon, and whose step it is."""


@dataclass(frozen=True, slots=True)
class WordRules:
    """Which policy promises it, with its version and that of the calendar, and how soon."""

    policy_id: str = "none"
    policy_version: str = "none"
    calendar_version: str | None = None
    times: WordTimes = field(default_factory=WordTimes)

    def ref(self, obligation: str) -> RuleRef:
        """How a promise cites its rule: these are the utility's own figures."""
        return RuleRef(
            policy_id=self.policy_id,
            policy_version=self.policy_version,
            rule_id=KEYS[obligation],
            calendar_version=self.calendar_version,
            source=f"[{KEYS[obligation].rpartition('.')[0]}]",
        )
