"""Stop a service rather than divert everything, but only where the fault can be nobody's but ours.

The rule. A message that cannot be judged parks its stream and the service goes on, however many there are of one sender:
what one sender can bring about must not stop the facts of all others. The service stops where failures come from several
senders at once: 20 in a row, or 5 % of the last 1,000, and in both counts no sender weighs more than a third. So two
senders, whatever they send, never stop it; three that fail together do. A sender is the first part of a source
(`sender_of`), for everything behind it is the sender's own choice.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.kernel.model import KernelError

SENDERS: Final = 3
"""Of so many the failures must come at least."""

_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*|[^:/?#]*)|/*[^/?#:]*")


class TooManyFailures(KernelError):
    """So many decisions failed, of several senders, that the fault is ours: the service stops rather than divert all."""


class JudgedMessage(NamedTuple):
    """Of whom a message was, and whether it could be judged."""

    source: str
    failed: bool


def sender_of(source: str) -> str:
    """Who is behind a source: what comes before its second slash, or its scheme and authority; ours count one by one.

    >>> sender_of("/dispatch/east"), sender_of("https://oms.example/a/b"), sender_of("urn:oms:7")
    ('/dispatch', 'https://oms.example', 'urn:oms')
    """
    if source.startswith("/outage/"):
        return source
    found = _AUTHORITY.match(source)
    return found[0] if found else source


def weight(failed: Iterable[str], enough: int) -> int:
    """How much these failures weigh, by their sources, where `enough` stop the service."""
    share = -(-enough // SENDERS)
    return sum(min(count, share) for count in Counter(sender_of(source) for source in failed).values())


@dataclass(slots=True)
class FailureLimit:
    """The rule at work over the messages judged last. Counts only failed decisions: bad input never does."""

    in_a_row: int = 20
    share: float = 0.05
    window: int = 1000
    _recent: list[JudgedMessage] = field(default_factory=list)

    def start(self, newest_first: Sequence[JudgedMessage]) -> None:
        """Count from what the inbox says, so that a restart does not begin at nought."""
        self._recent = list(reversed(newest_first))[-self.window :]

    def check(self, judged: Sequence[JudgedMessage]) -> None:
        """Look at a batch before it commits.

        Raises:
            TooManyFailures: with this batch the limit is passed; roll back.

        """
        if not any(one.failed for one in judged):
            return  # good batches always pass, or a mended version could never work its way out
        recent = [*self._recent, *judged][-self.window :]
        row: list[str] = []
        for one in reversed(recent):
            if not one.failed:
                break
            row.append(one.source)
        if weight(row, self.in_a_row) >= self.in_a_row:
            raise TooManyFailures(
                f"the last {len(row)} messages, of {len({sender_of(s) for s in row})} senders, could not be judged: mend or "
                "roll back this version, then outagectl quarantine list; past one record: outagectl offsets skip"
            )
        failures = [one.source for one in recent if one.failed]
        most = int(self.share * self.window)
        if len(recent) == self.window and weight(failures, most + 1) > most:
            raise TooManyFailures(
                f"{len(failures)} of the last {self.window} messages, of {len({sender_of(s) for s in failures})} senders, "
                "could not be judged: mend or roll back this version, then outagectl quarantine list"
            )

    def commit(self, judged: Sequence[JudgedMessage]) -> None:
        """Keep the counts of a committed batch."""
        self._recent = [*self._recent, *judged][-self.window :]
