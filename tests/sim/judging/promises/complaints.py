"""Work out by when each complaint is to be answered, and whether it was: the referee of what the restorer promises of them.

Written from the standard: five days for a complaint, ten for a report of misconduct, until the last of them is over in Shanghai.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

from schemas.contracts import dispatch
from tests.sim.judging.promises.owed import DAY, ZONE, Owed

FactOfComplaint = (
    dispatch.ComplaintReceivedV1
    | dispatch.ComplaintAnsweredV1
    | dispatch.ComplaintReceived
    | dispatch.ComplaintAnswered
    | dispatch.ComplaintWithdrawn
)
RULES: Final = {"complaint": ("cn.complaint.answer-5d", 5), "report": ("cn.report.answer-10d", 10)}
CLOCKS: Final = timedelta(minutes=10)
"""So much before it came an answer may be dated."""


def owed_answers(facts: Iterable[Any]) -> list[Owed]:
    """What is promised of all complaints of which these facts speak; under the complaint's id in the place of an outage's."""
    found: list[Owed] = []
    told = [fact for fact in facts if isinstance(fact, FactOfComplaint)]
    for name in sorted({fact.complaint_id for fact in told}):
        mine = [fact for fact in told if fact.complaint_id == name]
        came = [one for one in mine if isinstance(one, dispatch.ComplaintReceivedV1 | dispatch.ComplaintReceived)]
        if came:
            found.append(_owed(name, came, mine))
    return found


def _owed(name: str, came: Sequence[Any], facts: Sequence[Any]) -> Owed:
    since = min(one.received_at for one in came)
    rule, days = RULES["complaint" if any(one.kind == "complaint" for one in came) else "report"]
    answers = [
        max(one.answered_at, since)
        for one in facts
        if isinstance(one, dispatch.ComplaintAnsweredV1 | dispatch.ComplaintAnswered)
        and one.answered_at >= since - CLOCKS
    ]
    last = since.astimezone(ZONE).date() + (days + 1) * DAY
    gone = [one.withdrawn_at for one in facts if isinstance(one, dispatch.ComplaintWithdrawn)]
    due = datetime.combine(last, time.min, ZONE)
    done = min(answers, default=None)
    decided = due if done is None else min(done, due)
    # What was decided by the time that it was withdrawn stands.
    return Owed(name, rule, due, done, void=any(at < decided for at in gone))
