"""Examples of promises: one of the restorer about the fault, and what can become of it."""

from schemas.golden.words import DISPATCH, FAULT, HOSPITAL, RESTORE_RULE, RESTORER, Data, Example


def _promise(type_name: str, time: str, data: Data) -> Example:
    return Example(
        type_name,
        "outage.restorations",
        RESTORER,
        time,
        {
            "promiseId": FAULT + "/cn.restore.one-working-day",
            "mRID": FAULT,
            "customerId": HOSPITAL,
            "rule": RESTORE_RULE,
            "dueAt": "2026-03-06T13:28:00+08:00",
            **data,
        },
    )


EXAMPLES = (
    _promise(
        "promise.made.v1",
        "2026-03-05T13:30:01+08:00",
        {
            "measuredFrom": "2026-03-05T13:28:00+08:00",
            "atRiskAt": "2026-03-06T09:28:00+08:00",
            "warnAgainAt": ["2026-03-06T11:04:00+08:00"],
            "obligation": "原因消除后1个工作日内恢复供电",
        },
    ),
    _promise(
        "promise.at-risk.v1",
        "2026-03-06T11:04:00+08:00",
        {"at": "2026-03-06T11:04:00+08:00", "reason": "deadline-near", "number": 2, "of": 2, "secondsLeft": 8640},
    ),
    _promise(
        "promise.kept.v1",
        "2026-03-05T13:41:01+08:00",
        {"at": "2026-03-05T13:40:00+08:00", "reason": "restored-in-time", "evidence": [DISPATCH + "/88110"]},
    ),
    _promise(
        "promise.broken.v1",
        "2026-03-06T13:28:00+08:00",
        {
            "at": "2026-03-06T13:28:00+08:00",
            "reason": "deadline-passed",
            "evidence": [DISPATCH + "/88108"],
        },
    ),
    _promise(
        "promise.voided.v1",
        "2026-03-05T14:10:00+08:00",
        {"at": "2026-03-05T14:09:00+08:00", "reason": "fault-on-customer-side", "evidence": [DISPATCH + "/88115"]},
    ),
    _promise(
        "promise.corrected.v1",
        "2026-03-06T15:02:00+08:00",
        {
            "at": "2026-03-06T15:02:00+08:00",
            "was": "broken",
            "now": "kept",
            "reason": "late-fact-restored-in-time",
            "evidence": [DISPATCH + "/88110"],
        },
    ),
    _promise(
        "promise.explained.v1",
        "2026-03-06T16:10:00+08:00",
        {
            "at": "2026-03-06T16:10:00+08:00",
            "by": "chen",
            "reason": "The road to the pole was under water until 12:00; the crew waited at the bridge.",
        },
    ),
)
