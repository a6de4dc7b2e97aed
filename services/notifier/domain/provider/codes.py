"""Every provider's codes in one table, for receipts and for failures in the log, which do not say whose code it is. Pure.

No two providers share a number: Twilio's have five digits. A provider whose numbers meet another's maps them in its adapter.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.notifier.domain.provider import gateway_codes, twilio_codes
from services.notifier.domain.provider.code_rules import UNKNOWN_CODE, CodeRule

CODES: Final[Mapping[int, CodeRule]] = MappingProxyType({**twilio_codes.CODES, **gateway_codes.CODES})


def rule_for(code: int | None) -> CodeRule:
    """The meaning of a code, whoever's it is; one that is not listed charges nobody."""
    return CODES.get(code, UNKNOWN_CODE) if code is not None else UNKNOWN_CODE


if len(CODES) != len(twilio_codes.CODES) + len(gateway_codes.CODES):
    raise AssertionError("two providers use one number: give one of them numbers of its own (codes.py)")
