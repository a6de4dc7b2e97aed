"""What a provider's code can say: what is at fault, and whether the same text may go again after a receipt. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

CircuitScope = Literal["account", "sender", "region", "network"]
"""What of the provider's side can be at fault: all texts, those of one sender, those to one country, the way to it."""
Scope = CircuitScope | Literal["throttle", "contact", "message", "doubtful"]
"""throttle: too fast, wait; contact: this number; message: this text, our own mistake; doubtful: nobody can say yet."""
Resend = Literal["never", "elsewhere", "later", "now"]
"""After a receipt that says failed. never: not this text; elsewhere: another contact; later: after a pause, once; now."""
SCOPES: Final[tuple[Scope, ...]] = (*get_args(CircuitScope), "throttle", "contact", "message", "doubtful")
UNLISTED: Final = "unlisted-code"


@dataclass(frozen=True, slots=True)
class CodeRule:
    """One code's meaning."""

    reason: str
    scope: Scope
    resend: Resend


@dataclass(frozen=True, slots=True)
class Created:
    """An answer that names the message it made."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class ProvenRefusal:
    """An answer of the provider itself that nothing was made."""

    rule: CodeRule
    code: int | None


UNKNOWN_CODE: Final = CodeRule(UNLISTED, "doubtful", "later")
"""A code that no table has charges nobody."""


def rules(scope: Scope, resend: Resend, reasons: Mapping[int, str]) -> dict[int, CodeRule]:
    """Codes that are the same thing's fault."""
    return {code: CodeRule(reason, scope, resend) for code, reason in reasons.items()}
