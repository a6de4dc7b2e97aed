"""Examples of outage.dispatch: what the dispatch system says."""

from schemas.golden.words import (
    CURTAILED,
    DISPATCH,
    EXTENT,
    FAULT,
    MISTAKEN,
    MOVED,
    NOTICED,
    PART,
    PLANNED,
    SHAPE,
    Data,
    Example,
)


def _said(type_name: str, time: str, mrid: str, data: Data) -> Example:
    return Example(type_name, "outage.dispatch", DISPATCH, time, {"mRID": mrid, **data})


EXAMPLES = (
    _said(
        "planned.requested.v1",
        "2026-03-02T09:00:00+08:00",
        PLANNED,
        {
            "revisionNumber": 1,
            "outageClass": "planned",
            "plannedPeriod": NOTICED,
            "extent": EXTENT,
            "requestedAt": "2026-03-02T09:00:00+08:00",
            "requestedBy": "调度二班",
            "reason": "线路检修",
            "alternatePeriod": MOVED,
        },
    ),
    _said(
        "planned.amended.v1",
        "2026-03-09T10:30:00+08:00",
        PLANNED,
        {
            "revisionNumber": 2,
            "outageClass": "planned",
            "plannedPeriod": MOVED,
            "extent": EXTENT,
            "requestedAt": "2026-03-09T10:30:00+08:00",
            "requestedBy": "调度二班",
            "reason": "线路检修",
            "exceptions": [
                {"ruleId": "cn.planned.yearly-limit-10kv", "reason": "迎峰度夏前必须完成", "approver": "运检部 主任"},
            ],
        },
    ),
    _said(
        "planned.cancelled.v1",
        "2026-03-18T16:00:00+08:00",
        PLANNED,
        {"revisionNumber": 3, "cancelledAt": "2026-03-18T16:00:00+08:00", "reason": "因大风取消检修"},
    ),
    _said(
        "outage.started.v1",
        "2026-03-05T09:13:10+08:00",
        FAULT,
        {
            "outageClass": "fault",
            "startedAt": "2026-03-05T09:12:00+08:00",
            "extent": EXTENT,
            "ert": "2026-03-05T11:30:00+08:00",
            "nextUpdateAt": "2026-03-05T10:15:00+08:00",
            "cause": "线路故障",
        },
    ),
    _said(
        "fault.reported.v1",
        "2026-03-05T09:15:00+08:00",
        FAULT,
        {
            "reportedAt": "2026-03-05T09:14:00+08:00",
            "reportingKind": "ivr",
            "faultSide": "utility",
            "reportId": "95598-20260305-00871",
            "extent": PART,
            "ert": "2026-03-05T11:30:00+08:00",
        },
    ),
    _said(
        "fault.reported.v2",
        "2026-03-05T09:17:00+08:00",
        FAULT,
        {
            "reportedAt": "2026-03-05T09:16:00+08:00",
            "reportingKind": "other",
            "territory": "rural",
            "faultSide": "utility",
            "reportId": "95598-20260305-00872",
            "extent": PART,
            "ert": "2026-03-05T11:30:00+08:00",
        },
    ),
    _said(
        "curtailment.ordered.v1",
        "2026-07-15T13:00:00+08:00",
        CURTAILED,
        {
            "orderedAt": "2026-07-15T13:00:00+08:00",
            "plannedPeriod": {"start": "2026-07-15T14:00:00+08:00", "end": "2026-07-15T17:00:00+08:00"},
            "extent": EXTENT,
            "schemeId": "东江有序用电方案2026",
            "schemeStep": 2,
        },
    ),
    _said(
        "extent.changed.v1",
        "2026-03-05T09:40:00+08:00",
        FAULT,
        {"changedAt": "2026-03-05T09:38:00+08:00", "extent": {**PART, "shape": SHAPE}},
    ),
    _said(
        "crew.status.v1",
        "2026-03-05T09:41:00+08:00",
        FAULT,
        {"crewStatus": "arrived", "at": "2026-03-05T09:40:00+08:00", "crewId": "抢修三班"},
    ),
    _said(
        "ert.changed.v1",
        "2026-03-05T11:10:00+08:00",
        FAULT,
        {
            "changedAt": "2026-03-05T11:10:00+08:00",
            "ert": "2026-03-05T14:00:00+08:00",
            "ertSource": "crew",
            "ertConfidence": "high",
            "nextUpdateAt": "2026-03-05T13:00:00+08:00",
        },
    ),
    _said(
        "cause.cleared.v1",
        "2026-03-05T13:30:00+08:00",
        FAULT,
        {"clearedAt": "2026-03-05T13:28:00+08:00", "cause": "导线断落,已更换"},
    ),
    _said(
        "supply.restored.v1",
        "2026-03-05T12:50:00+08:00",
        FAULT,
        {
            "restoredAt": "2026-03-05T12:48:00+08:00",
            "scope": "part",
            "extent": PART,
            "evidence": "meter",
        },
    ),
    _said(
        "supply.perhaps-restored.v1",
        "2026-03-05T11:30:04+08:00",
        FAULT,
        {"missingAt": "2026-03-05T11:30:00+08:00"},
    ),
    _said(
        "outage.listed-again.v1",
        "2026-03-05T11:45:03+08:00",
        FAULT,
        {"listedAt": "2026-03-05T11:45:00+08:00"},
    ),
    _said(
        "outage.reopened.v1",
        "2026-03-05T15:05:00+08:00",
        FAULT,
        {"reopenedAt": "2026-03-05T15:02:00+08:00", "reason": "送电后再次停电", "ert": "2026-03-05T17:00:00+08:00"},
    ),
    _said(
        "outage.withdrawn.v1",
        "2026-03-05T02:21:00+08:00",
        MISTAKEN,
        {"withdrawnAt": "2026-03-05T02:20:00+08:00", "reason": "调度台误录,10千伏城东线未停电"},
    ),
    _said(
        "outage.corrected.v1",
        "2026-03-05T10:20:00+08:00",
        FAULT,
        {
            "correctedAt": "2026-03-05T10:18:00+08:00",
            "startedAt": "2026-03-05T08:50:00+08:00",
            "cause": "吊车碰线",
            "faultSide": "utility",
            "reason": "保护动作记录为8时50分",
        },
    ),
    _said(
        "outage.reclassified.v1",
        "2026-03-05T10:31:00+08:00",
        FAULT,
        {
            "reclassifiedAt": "2026-03-05T10:30:00+08:00",
            "outageClass": "planned",
            "planMRID": PLANNED,
            "reason": "核实为城东线检修工作,误报为故障",
        },
    ),
    _said(
        "enquiry.received.v1",
        "2026-03-05T10:02:00+08:00",
        FAULT,
        {"enquiryId": "95598-20260305-00911", "receivedAt": "2026-03-05T10:01:00+08:00", "subject": "何时恢复供电"},
    ),
    _said(
        "enquiry.answered.v1",
        "2026-03-05T10:04:00+08:00",
        FAULT,
        {"enquiryId": "95598-20260305-00911", "answeredAt": "2026-03-05T10:03:00+08:00", "answeredBy": "坐席17"},
    ),
    _said(
        "complaint.received.v1",
        "2026-03-05T16:20:00+08:00",
        FAULT,
        {
            "complaintId": "95598-20260305-01204",
            "receivedAt": "2026-03-05T16:18:00+08:00",
            "subject": "抢修人员到达迟缓",
        },
    ),
    _said(
        "complaint.answered.v1",
        "2026-03-09T09:30:00+08:00",
        FAULT,
        {"complaintId": "95598-20260305-01204", "answeredAt": "2026-03-09T09:28:00+08:00", "answeredBy": "客服班长"},
    ),
    _said(
        "followup.done.v1",
        "2026-03-06T10:00:00+08:00",
        FAULT,
        {
            "doneAt": "2026-03-06T09:58:00+08:00",
            "by": "坐席17",
            "outcome": "satisfied",
            "opinion": "修得快,希望提前告知",
            "reportId": "95598-20260305-00871",
        },
    ),
    _said(
        "followup.unreached.v1",
        "2026-03-05T18:00:00+08:00",
        FAULT,
        {"triedAt": "2026-03-05T17:58:00+08:00", "by": "坐席17", "reportId": "95598-20260305-00871"},
    ),
)
