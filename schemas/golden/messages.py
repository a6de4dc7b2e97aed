"""Examples of outage.messages: texts to the hospital's duty electrician, and what becomes of them."""

from schemas.golden.words import CONTACT, FAULT, HOSPITAL, NOTIFIER, PLANNED, Data, Example

_TEXT = "m-20260305-7f3a"
_SID = "SM00000000000000000000000000000042"
_RESTORED = (
    "【东江供电公司】您好!贵单位(中山路18号)已于3月5日13时40分恢复供电,本次停电由线路故障引起。"
    "给您带来不便,深表歉意,感谢您的理解。如仍无电或用电异常,请拨95598,编号K7M2。"
)


def _text(type_name: str, time: str, data: Data) -> Example:
    return Example(type_name, "outage.messages", NOTIFIER, time, {"messageId": _TEXT, "customerId": HOSPITAL, **data})


def _contact(type_name: str, time: str, data: Data) -> Example:
    return Example(type_name, "outage.messages", NOTIFIER, time, {"customerId": HOSPITAL, **data})


EXAMPLES = (
    _text(
        "message.requested.v1",
        "2026-03-05T13:41:02+08:00",
        {
            "contactId": CONTACT,
            "mrids": [FAULT],
            "trigger": "restored",
            "lane": "key",
            "language": "zh-CN",
            "templateId": "restored",
            "templateVersion": 1,
            "body": _RESTORED,
            "ref": "K7M2",
            "requestedAt": "2026-03-05T13:41:02+08:00",
            "notBefore": "2026-03-05T13:41:02+08:00",
            "dueAt": "2026-03-05T13:46:02+08:00",
            "expiresAt": "2026-03-05T19:41:02+08:00",
            "reason": "restoration-confirmed",
            "supersedes": "m-20260305-6c11",
        },
    ),
    _text(
        "message.accepted.v1",
        "2026-03-05T13:41:03+08:00",
        {
            "attempt": 1,
            "provider": "twilio",
            "providerSid": _SID,
            "acceptedAt": "2026-03-05T13:41:03+08:00",
            "carriedBy": "m-20260305-7d20",
            "body": "【东江供电公司】您好!贵单位(共2处:中山路18号、解放路2号)已于3月5日13时40分恢复供电。给您带来不便,深表歉意,"
            "感谢您的理解。如仍无电或用电异常,请拨95598,编号K7M2X-3F。",
        },
    ),
    _text(
        "message.delivered.v1",
        "2026-03-05T13:41:09+08:00",
        {"providerSid": _SID, "deliveredAt": "2026-03-05T13:41:08+08:00"},
    ),
    _text(
        "message.undelivered.v1",
        "2026-03-05T13:42:30+08:00",
        {"reason": "handset-unreachable", "providerSid": _SID, "code": 30003, "at": "2026-03-05T13:42:29+08:00"},
    ),
    _text(
        "message.suppressed.v1",
        "2026-03-05T13:41:02+08:00",
        {"reason": "another-outage-holds-the-customer", "at": "2026-03-05T13:41:02+08:00"},
    ),
    _text(
        "message.expired.v1",
        "2026-03-05T19:41:02+08:00",
        {"at": "2026-03-05T19:41:02+08:00", "reason": "no-longer-of-use"},
    ),
    _contact(
        "contact.confirmed.v1",
        "2026-03-02T09:20:00+08:00",
        {
            "contactId": CONTACT,
            "messageId": "m-20260302-0b90",
            "confirmedAt": "2026-03-02T09:19:00+08:00",
            "how": "call",
            "by": "客户经理 陈",
        },
    ),
    _contact(
        "contact.opted-out.v1",
        "2026-03-05T14:02:11+08:00",
        {
            "contactId": CONTACT,
            "replyId": "SM00000000000000000000000000000078",
            "at": "2026-03-05T14:02:10+08:00",
        },
    ),
    _contact(
        "contact.opted-in.v1",
        "2026-03-06T08:15:31+08:00",
        {
            "contactId": CONTACT,
            "replyId": "SM00000000000000000000000000000079",
            "at": "2026-03-06T08:15:30+08:00",
        },
    ),
    _contact(
        "callback.answered.v1",
        "2026-03-05T15:20:02+08:00",
        {
            "mrids": [FAULT],
            "power": "back",
            "how": "call",
            "answeredAt": "2026-03-05T15:20:00+08:00",
            "contactId": CONTACT,
            "messageId": _TEXT,
            "by": "陈敏",
            "opinion": "抢修及时",
        },
    ),
    _contact(
        "contact.unreached.v1",
        "2026-03-02T11:00:01+08:00",
        {
            "contactId": CONTACT,
            "at": "2026-03-02T11:00:01+08:00",
            "reason": "no-confirmation-in-time",
            "mrids": [PLANNED],
            "explanation": "两位联系人均未确认,请客户经理电话告知",
        },
    ),
    Example(
        "customers.untold.v1",
        "outage.messages",
        NOTIFIER,
        "2026-03-05T11:44:01+08:00",
        {
            "mRID": FAULT,
            "questionId": "Q-5d41402abc4b",
            "factType": "outage.started.v1",
            "reason": "happened-in-the-future",
            "customers": 1,
            "customerIds": [HOSPITAL],
            "at": "2026-03-05T11:44:01+08:00",
        },
        subject=FAULT,
    ),
)
