"""Examples of outage.restorations: what the restorer finds about power back."""

from schemas.golden.words import (
    AREA,
    DISPATCH,
    FAULT,
    PART,
    PLANNED,
    POINT,
    REMAINING,
    REPAIR_RULE,
    RESTORE_RULE,
    RESTORER,
    THE_SAME,
    Data,
    Example,
    rule,
)


def _found(type_name: str, time: str, data: Data) -> Example:
    return Example(type_name, "outage.restorations", RESTORER, time, {"mRID": FAULT, **data})


_BY = {"networkModels": [{"modelId": "DJ-GIS", "date": "2026-03-01T00:00:00+08:00"}]}

EXAMPLES = (
    _found(
        "restoration.part.v1",
        "2026-03-05T12:50:01+08:00",
        {
            "step": 1,
            "restoredAt": "2026-03-05T12:48:00+08:00",
            "restored": PART,
            "remaining": REMAINING,
            "evidence": [DISPATCH + "/88102"],
            "remainingBut": {"transformers": ["中山路3号公变"]},
            "points": {**_BY, "restored": 187, "remaining": 241, "customersRestored": 510, "customersRemaining": 730},
        },
    ),
    _found(
        "restoration.confirmed.v1",
        "2026-03-05T13:41:01+08:00",
        {
            "restoredAt": "2026-03-05T13:40:00+08:00",
            "confirmedAt": "2026-03-05T13:41:01+08:00",
            "startedAt": "2026-03-05T09:12:00+08:00",
            "outageClass": "fault",
            "reason": "steps-complete",
            "warnings": ["cause-not-cleared"],
            "evidence": [DISPATCH + "/88102", DISPATCH + "/88110"],
            "points": {**_BY, "restored": 240, "customersRestored": 729, "customersRemaining": 0},
            "stayOut": [{"mRID": "DJ-2026-F-0121", "extent": {"usagePoints": [POINT]}, "points": 1}],
            "meters": {"points": 428, "on": 391},
        },
    ),
    _found(
        "restoration.checked.v1",
        "2026-03-05T13:52:04+08:00",
        {
            "number": 1,
            "checkedAt": "2026-03-05T13:52:04+08:00",
            "restoredAt": "2026-03-05T13:40:00+08:00",
            "denied": {"usagePoints": [POINT]},
            "meters": {"points": 428, "on": 426, "off": 1},
        },
    ),
    _found(
        "outage.classified.v1",
        "2026-03-05T10:31:01+08:00",
        {
            "outageClass": "planned",
            "was": "fault",
            "startedAt": "2026-03-05T09:12:00+08:00",
            "extent": PART,
            "extentSince": "2026-03-05T10:05:00+08:00",
            "planMRID": PLANNED,
            "reclassifiedAt": "2026-03-05T10:30:00+08:00",
            "by": DISPATCH + "/88107",
            "decidedAt": "2026-03-05T10:31:01+08:00",
        },
    ),
    _found(
        "restoration.refused.v1",
        "2026-03-05T13:05:01+08:00",
        {
            "claimedAt": "2026-03-05T13:04:00+08:00",
            "reason": "steps-incomplete",
            "contradictedBy": [DISPATCH + "/88102"],
            "decidedAt": "2026-03-05T13:05:01+08:00",
        },
    ),
    Example(
        "merge.confirmed.v1",
        "outage.restorations",
        RESTORER,
        "2026-03-05T09:50:01+08:00",
        {
            "mRID": THE_SAME,
            "into": FAULT,
            "mergedAt": "2026-03-05T09:48:00+08:00",
            "confirmedAt": "2026-03-05T09:50:01+08:00",
            "evidence": [DISPATCH + "/88099"],
        },
    ),
    _found(
        "fact.questioned.v1",
        "2026-03-05T11:44:01+08:00",
        {
            "questionId": "Q-5d41402abc4b",
            "factType": "supply.restored.v1",
            "cause": DISPATCH + "/88104",
            "field": "restoredAt",
            "given": "2026-03-05T11:43:00Z",
            "reason": "happened-in-the-future",
            "against": "2026-03-05T11:44:00+08:00",
            "question": "supply.restored.v1 says restoredAt 2026-03-05T11:43:00Z, 7 h 59 min after it was recorded: "
            "nothing can have happened then. Is it local time with a Z behind it?",
            "settledBy": "Send the fact again with its true time under an id of its own. If the time is right, send the "
            "same fact with confirms Q-5d41402abc4b, or: outagectl facts accept Q-5d41402abc4b --reason …",
            "askedAt": "2026-03-05T11:44:01+08:00",
        },
    ),
    _found(
        "fact.accepted.v1",
        "2026-03-05T11:52:00+08:00",
        {
            "questionId": "Q-5d41402abc4b",
            "factType": "supply.restored.v1",
            "at": "2026-03-05T11:52:00+08:00",
            "by": "duty-engineer",
            "reason": "read from the relay's own clock",
        },
    ),
    _found(
        "fact.refused.v1",
        "2026-03-05T11:52:00+08:00",
        {
            "questionId": "Q-6512bd43d9ca",
            "factType": "supply.restored.v1",
            "at": "2026-03-05T11:52:00+08:00",
            "by": "duty-engineer",
            "reason": "dispatch wrote local time; the true fact came since",
        },
    ),
    _found(
        "followup.due.v1",
        "2026-03-05T13:41:01+08:00",
        {
            "reportId": "95598-20260305-00871",
            "dueFrom": "2026-03-05T13:41:01+08:00",
            "rule": rule("cn.followup.rate", "第2篇 第十三条(五)"),
            "tries": 1,
        },
    ),
    _found(
        "followup.ended.v1",
        "2026-03-06T10:00:01+08:00",
        {
            "reportId": "95598-20260305-00871",
            "outcome": "satisfied",
            "reason": "called-back",
            "at": "2026-03-06T09:58:00+08:00",
            "tries": 1,
        },
    ),
    Example(
        "fulfilment.published.v1",
        "outage.restorations",
        RESTORER,
        "2026-04-02T09:00:00+08:00",
        {
            "statementId": "DJ-2026-03",
            "period": {"start": "2026-03-01T00:00:00+08:00", "end": "2026-04-01T00:00:00+08:00"},
            "publishedAt": "2026-04-02T09:00:00+08:00",
            "rows": [
                {"rule": RESTORE_RULE, "made": 41, "kept": 39, "broken": 1, "voided": 1, "corrected": 1, "area": AREA},
                {
                    "rule": REPAIR_RULE,
                    "made": 0,
                    "kept": 0,
                    "broken": 0,
                    "voided": 0,
                    "corrected": 0,
                    "measured": False,
                },
            ],
            "definitions": "承诺按到期日计入当月;更正计入原判定所在月份。",
            "month": "2026-03",
            "zone": "Asia/Shanghai",
            "number": 2,
            "corrects": "2026-03/1",
            "changes": [{"ruleId": "cn.restore.one-working-day", "figure": "kept", "was": 38.0, "now": 39.0}],
            "approvedBy": "chen",
            "target": 100.0,
            "rate": 97.5,
            "cases": 41,
            "casesDigest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "earlier": [
                {
                    "statementId": "2026-02/1",
                    "changes": [{"ruleId": "cn.fault.crew-45min", "figure": "broken", "was": 2.0, "now": 1.0}],
                }
            ],
        },
        subject="DJ-2026-03",
    ),
)
