"""Examples of tasks: nobody at the hospital could be told, a person is called, and calls them."""

from schemas.contracts.duty import tasks
from schemas.golden.words import CONTACT, FAULT, HOSPITAL, NOTIFIER, Data, Example

_WHOM: Data = {
    "customerId": HOSPITAL,
    "mRID": FAULT,
    "urgency": 2,
    "since": "2026-03-05T13:02:10+08:00",
    "ref": CONTACT,
}


def _task(type_name: str, time: str, data: Data) -> Example:
    subject: Data = {
        "concern": f"notifier/nobody-reached/{FAULT}",
        "taskId": "T-5c1e09ab",
        "kind": "nobody-reached",
        "mRID": FAULT,
    }
    return Example(type_name, tasks.TOPIC, NOTIFIER, time, {**subject, **data})


EXAMPLES = (
    _task(
        "task.opened.v1",
        "2026-03-05T13:02:12+08:00",
        {
            "reason": "all-contacts-failed",
            "urgency": 2,
            "openedAt": "2026-03-05T13:02:12+08:00",
            "dueAt": "2026-03-05T13:12:12+08:00",
            "concerned": 1,
            "whom": [_WHOM],
            "toDo": {
                "en": "Call these customers: their power is off and no text reached them.",
                "zh-CN": "请致电这些客户：正在停电，短信均未送达。",
            },
        },
    ),
    _task(
        "task.changed.v1",
        "2026-03-05T13:04:00+08:00",
        {
            "reason": "all-contacts-failed",
            "urgency": 2,
            "at": "2026-03-05T13:04:00+08:00",
            "dueAt": "2026-03-05T13:12:12+08:00",
            "concerned": 3,
            "whom": [_WHOM],
        },
    ),
    _task(
        "task.raised.v1",
        "2026-03-05T13:12:13+08:00",
        {
            "reason": "not-taken-in-time",
            "times": 1,
            "at": "2026-03-05T13:12:13+08:00",
            "dueAt": "2026-03-05T13:32:13+08:00",
        },
    ),
    _task(
        "task.taken.v1",
        "2026-03-05T13:13:00+08:00",
        {
            "by": "李明",
            "at": "2026-03-05T13:13:00+08:00",
            "dueAt": "2026-03-05T14:13:00+08:00",
            "wasWith": "王芳",
        },
    ),
    _task(
        "task.done.v1",
        "2026-03-05T13:20:00+08:00",
        {"by": "李明", "at": "2026-03-05T13:20:00+08:00", "note": "值班室已接听，备用电源可用4小时"},
    ),
    _task(
        "task.expired.v1",
        "2026-03-05T13:41:05+08:00",
        {"at": "2026-03-05T13:41:05+08:00", "reason": "cause-gone"},
    ),
)
