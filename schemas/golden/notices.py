"""Examples of outage.notices: what the planner decides and tells the public."""

from schemas.golden.words import EXTENT, MOVED, NOTICE_RULE, NOTICED, PLANNED, PLANNER, TEMPORARY, Data, Example


def _decided(type_name: str, time: str, data: Data, mrid: str = PLANNED) -> Example:
    return Example(type_name, "outage.notices", PLANNER, time, {"mRID": mrid, **data})


_MET: Data = {
    "rule": NOTICE_RULE,
    "reason": "rule-met",
    "holds": True,
    "required": "notice by 2026-03-05T00:00+08:00",
    "given": "notice at 2026-03-02T09:00+08:00",
    "marginSeconds": 226800,
}
_SHORT: Data = {
    "rule": NOTICE_RULE,
    "reason": "notice-too-short",
    "holds": False,
    "required": "notice by 2026-03-01T00:00+08:00",
    "given": "notice at 2026-03-02T09:00+08:00",
    "marginSeconds": -118800,
}
_NOTICE: Data = {
    "outageClass": "planned",
    "extent": EXTENT,
    "reason": "线路检修",
}

EXAMPLES = (
    _decided(
        "plan.accepted.v1",
        "2026-03-02T09:00:01+08:00",
        {
            "revisionNumber": 1,
            "decidedAt": "2026-03-02T09:00:01+08:00",
            "plannedPeriod": NOTICED,
            "findings": [_MET],
            "warnings": ["overlaps-on-same-line"],
            "overlaps": [
                {
                    "other": "DJ-P-2026-0318",
                    "offer": "merge",
                    "otherPeriod": {"start": "2026-03-12T14:00:00+08:00", "end": "2026-03-12T19:00:00+08:00"},
                    "mergedPeriod": {"start": "2026-03-12T08:00:00+08:00", "end": "2026-03-12T19:00:00+08:00"},
                    "shared": ["line:10千伏城东线"],
                    "saves": 2,
                }
            ],
            "policyId": NOTICE_RULE["policyId"],
            "policyVersion": NOTICE_RULE["policyVersion"],
            "networkModels": [{"modelId": "DJ-GIS", "date": "2026-03-01T00:00:00+08:00"}],
        },
    ),
    _decided(
        "plan.rejected.v1",
        "2026-03-02T09:00:01+08:00",
        {
            "revisionNumber": 1,
            "decidedAt": "2026-03-02T09:00:01+08:00",
            "plannedPeriod": {"start": "2026-03-08T08:00:00+08:00", "end": "2026-03-08T17:00:00+08:00"},
            "findings": [_SHORT],
            "reasons": ["notice-too-short"],
            "earliestLawfulStart": "2026-03-10T00:00:00+08:00",
            "warnings": ["overlaps-on-same-line"],
            "overlaps": [
                {
                    "other": PLANNED,
                    "offer": "nest",
                    "otherPeriod": {"start": "2026-03-08T07:00:00+08:00", "end": "2026-03-08T19:00:00+08:00"},
                    "mergedPeriod": {"start": "2026-03-08T07:00:00+08:00", "end": "2026-03-08T19:00:00+08:00"},
                    "shared": ["line:10千伏城东线"],
                    "saves": 1,
                }
            ],
            "policyId": NOTICE_RULE["policyId"],
            "policyVersion": NOTICE_RULE["policyVersion"],
            "networkModels": [{"modelId": "DJ-GIS", "date": "2026-03-01T00:00:00+08:00"}],
        },
        TEMPORARY,
    ),
    _decided(
        "notice.published.v1",
        "2026-03-02T09:00:01+08:00",
        {
            **_NOTICE,
            "noticeId": PLANNED + "/1",
            "revisionNumber": 1,
            "version": 1,
            "publishedAt": "2026-03-02T09:00:01+08:00",
            "plannedPeriod": NOTICED,
            "informBy": "2026-03-02T11:00:01+08:00",
            "informWarnAt": "2026-03-02T10:00:01+08:00",
            "informWarnAgainAt": ["2026-03-02T10:48:01+08:00"],
            "informRule": NOTICE_RULE,
            "text": {
                "zh-CN": "因线路检修,10千伏城东线中山路一带定于3月12日8时至17时停电。",
                "en": "Planned work: no power on the Chengdong 10 kV line, Zhongshan Road, 12 March, 08:00 to 17:00.",
            },
        },
    ),
    _decided(
        "notice.amended.v1",
        "2026-03-09T10:30:01+08:00",
        {
            **_NOTICE,
            "noticeId": PLANNED + "/2",
            "revisionNumber": 2,
            "version": 2,
            "publishedAt": "2026-03-09T10:30:01+08:00",
            "plannedPeriod": MOVED,
            "informBy": "2026-03-09T12:30:01+08:00",
            "informWarnAt": "2026-03-09T11:30:01+08:00",
            "informWarnAgainAt": ["2026-03-09T12:18:01+08:00"],
            "informRule": NOTICE_RULE,
            "text": {
                "zh-CN": "变更通知:10千伏城东线检修停电,原定3月12日8时至17时,现改为3月20日8时至15时(中山路一带)。"
            },
            "supersedes": PLANNED + "/1",
            "previousPeriod": NOTICED,
            "change": "moved",
        },
    ),
    _decided(
        "notice.withdrawn.v1",
        "2026-03-18T16:00:01+08:00",
        {
            "noticeId": PLANNED + "/2",
            "version": 3,
            "withdrawnAt": "2026-03-18T16:00:01+08:00",
            "plannedPeriod": MOVED,
            "extent": EXTENT,
            "reason": "cancelled-by-dispatch",
            "explanation": "因大风取消检修",
            "text": {"zh-CN": "停电结果:已取消,届时不因此停电", "en": "Outcome: withdrawn: no cut for this work then"},
        },
    ),
    _decided(
        "notice.deadline-moved.v1",
        "2026-03-10T08:00:00+08:00",
        {
            "noticeId": PLANNED + "/2",
            "version": 2,
            "at": "2026-03-10T08:00:00+08:00",
            "was": "2026-03-12T00:00:00+08:00",
            "informBy": "2026-03-11T00:00:00+08:00",
            "informRule": NOTICE_RULE,
            "informWarnAt": "2026-03-10T23:00:00+08:00",
            "informWarnAgainAt": ["2026-03-10T23:54:00+08:00"],
            "reason": "calendar-changed",
        },
    ),
    _decided(
        "notice.breached.v1",
        "2026-03-12T07:31:00+08:00",
        {
            "kind": "started-early",
            "at": "2026-03-12T07:30:00+08:00",
            "noticeId": PLANNED + "/1",
            "noticedPeriod": NOTICED,
            "findings": [
                {
                    "rule": NOTICE_RULE,
                    "reason": "started-before-noticed-start",
                    "holds": False,
                    "required": "start at 2026-03-12T08:00+08:00",
                    "given": "start at 2026-03-12T07:30+08:00",
                    "marginSeconds": -1800,
                }
            ],
        },
    ),
    _decided(
        "notice.closed.v1",
        "2026-03-12T16:20:31+08:00",
        {
            "noticeId": PLANNED + "/1",
            "version": 1,
            "closedAt": "2026-03-12T16:20:31+08:00",
            "outcome": "carried-out",
            "noticedPeriod": NOTICED,
            "startedAt": "2026-03-12T08:00:00+08:00",
            "restoredAt": "2026-03-12T16:20:00+08:00",
            "text": {
                "zh-CN": "停电检修已完成,3月12日16:20恢复供电。",
                "en": "Done: power back since 2026-03-12 16:20.",
            },
        },
    ),
)
