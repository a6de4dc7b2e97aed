"""Switch faults on by number or by rate, drawn from a seed.

A draw depends on the seed, the stage and what is asked for, not on the order in which requests happen to arrive: the
same story meets the same faults however its tasks interleave.
"""

import hashlib
from collections import Counter
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

CreateFault = Literal[
    "created-hang",  # created, never answered
    "created-drop",  # created, connection reset
    "created-5xx",  # created, answered with `status`
    "created-cut",  # created, 201 whose body breaks off
    "created-garbage",  # created, 201 whose body is not JSON
    "created-drip",  # created, 201 whose body comes one byte at a time over `seconds`
    "created-late",  # created, 201 after `seconds`
    "hang",  # not created, never answered
    "drop",  # not created, connection reset
    "5xx",  # not created, answered with `status`
    "throttle",  # not created, 429 with Retry-After `seconds`
    "refuse",  # not created, Twilio's error `code` (RFC 9457 body when `problem_json`)
]
CancelFault = Literal[
    "cancel-5xx",  # not canceled, answered with `status`
    "canceled-drop",  # canceled, connection reset
]
DeliverFault = Literal["undelivered", "failed", "stuck-sent"]
ListFault = Literal["list-5xx", "list-throttle", "list-hang", "list-drop"]
CallbackFault = Literal["callback-lost", "callback-doubled", "callback-reordered"]
Kind = CreateFault | CancelFault | DeliverFault | ListFault | CallbackFault

STAGES: dict[str, frozenset[str]] = {
    "create": frozenset(get_args(CreateFault)),
    "cancel": frozenset(get_args(CancelFault)),
    "deliver": frozenset(get_args(DeliverFault)),
    "list": frozenset(get_args(ListFault)),
    "callback": frozenset(get_args(CallbackFault)),
}


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule. Rules for a number come before rules by rate; rates of a stage add up to at most 1."""

    kind: Kind
    number: str | None = None
    """Recipient it is for; None: everybody."""
    rate: Annotated[float, Meta(ge=0, le=1)] = 1.0
    times: int | None = None
    """How often it may still happen; None: without end."""
    status: int = 500
    code: int | None = None
    """Twilio's error code; None: 21211 for `refuse`, 30003 for `undelivered`, 30008 for `failed`."""
    seconds: float = 5.0
    problem_json: bool = False


class Faults:
    """The rules in force."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rules: list[Fault] = []
        self._asked: Counter[str] = Counter()

    def draw(self, stage: str, number: str, about: str) -> Fault | None:
        """The fault that strikes this request, if any.

        :param stage: create, cancel, deliver, list or callback.
        :param number: the recipient.
        :param about: what else tells this request from others (the text, the sid and status).
        """
        subject = f"{self.seed}|{stage}|{number}|{about}"
        self._asked[subject] += 1
        digest = hashlib.blake2b(f"{subject}|{self._asked[subject]}".encode(), digest_size=8).digest()
        left = int.from_bytes(digest, "big") / 2**64
        open_rules = [rule for rule in self.rules if rule.kind in STAGES[stage] and rule.times != 0]
        mine = [rule for rule in open_rules if rule.number == number]
        for rule in mine or [rule for rule in open_rules if rule.number is None]:
            if left < rule.rate:
                if rule.times is not None:
                    rule.times -= 1
                return rule
            left -= rule.rate
        return None
