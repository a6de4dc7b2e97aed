"""What kinds of work there are for people, and what to do about each, in one sentence. Pure.

A kind is a word on the wire and never changes its meaning; new ones are added here, with a row in the view `standing_cause` of
the service that knows the cause.
"""

from collections.abc import Mapping
from typing import Final

NOBODY_REACHED: Final = "nobody-reached"
CLAIM_UNPROVEN: Final = "claim-unproven"
END_UNPROVEN: Final = "end-unproven"
TEXT_EXPIRED: Final = "text-expired"
NO_CONTACT: Final = "no-contact"
TEXT_DOUBLED: Final = "text-doubled"
WORD_LATE: Final = "word-late"
MANAGER_CALLS: Final = "account-manager-calls"
UNCONFIRMED: Final = "unconfirmed"
MANAGER_INFORMED: Final = "account-manager-informed"
MANAGER_WARNED: Final = "account-manager-warned"
ONE_FOR_ALL: Final = frozenset({MANAGER_INFORMED})
"""Of these there is one task for all outages, however few: nobody has to do anything about a single one."""
OF_MANAGERS: Final = frozenset({MANAGER_CALLS, MANAGER_INFORMED, MANAGER_WARNED})
"""Work of account managers: each customer stands there with theirs."""
HANDSET_FULL: Final = "handset-full"
CUSTOMERS_UNTOLD: Final = "customers-untold"
PROVIDER_STOPPED: Final = "provider-stopped"
PROVIDER_GONE: Final = "provider-gone"
FACT_QUESTIONED: Final = "fact-questioned"
SET_ASIDE: Final = "set-aside"
RECONCILIATION_DIFFERENCE: Final = "reconciliation-difference"
DATABASE_RESTORED: Final = "database-restored"
APPROVAL: Final = "approval"
NUMBER_OLD: Final = "number-old"
REPLY_TO_READ: Final = "reply-to-read"
TAKES_NO_TEXTS: Final = "takes-no-texts"
CALL_BACK: Final = "call-back"
PROMISE_AT_RISK: Final = "promise-at-risk"
PROMISE_UNEXPLAINED: Final = "promise-unexplained"
OF_PROMISES: Final = frozenset({PROMISE_AT_RISK, PROMISE_UNEXPLAINED})
"""About promises: what each hangs on (`ref`) is a promise's id."""
REPORTERS_TO_CALL: Final = "reporters-to-call"
SILENCE_FORGOTTEN: Final = "silence-forgotten"
SILENCE_HELD: Final = "silence-held"
NOTICE_NOT_SHOWN: Final = "notice-not-shown"
NOTICE_OTHER_WORDS: Final = "notice-shown-otherwise"
NOTICE_NOT_READABLE: Final = "notice-not-readable"
OF_THE_PUBLIC: Final = (NOTICE_NOT_SHOWN, NOTICE_OTHER_WORDS, NOTICE_NOT_READABLE)
"""About notices that the public cannot read as they are: what each hangs on (`ref`) is a notice's id."""

TO_DO: Final[Mapping[str, Mapping[str, str]]] = {
    NOBODY_REACHED: {
        "en": "Call these customers: their power is off and no text reached them. What to say: outagectl explain CUSTOMER.",
        "zh-CN": "请致电这些客户：正在停电，短信均未送达。通话内容见 outagectl explain 客户编号。",
    },
    CLAIM_UNPROVEN: {
        "en": "Ask dispatch what is missing: it says that power is back, and nothing proves it (outagectl show outage MRID).",
        "zh-CN": "请向调度核实缺什么：调度称已复电，但尚无依据（outagectl show outage 停电编号）。",
    },
    END_UNPROVEN: {
        "en": "Find the partition that is not read (outagectl offsets show): power is back, and nobody may be told until it is.",
        "zh-CN": "请查未读完的分区（outagectl offsets show）：已复电，读完之前不能告知客户。",
    },
    TEXT_EXPIRED: {
        "en": "Call these customers: a text to them came too late to be sent, and none has reached them since.",
        "zh-CN": "请致电这些客户：短信已过时未发出，此后也没有短信送达。",
    },
    WORD_LATE: {
        "en": "Call these customers (outagectl explain CUSTOMER): a promised text is late; then outagectl confirm CUSTOMER.",
        "zh-CN": "请致电这些客户（内容见 outagectl explain 客户编号）：承诺的短信已逾时；之后 outagectl confirm 客户编号。",
    },
    MANAGER_CALLS: {
        "en": "Account managers: call your customers named here, their power is off (outagectl explain); then outagectl confirm.",
        "zh-CN": "请各客户经理致电所列客户：正在停电（内容见 outagectl explain 客户编号）；之后记录 outagectl confirm 客户编号。",
    },
    MANAGER_INFORMED: {
        "en": "For the account managers named: power is off at your customers. Nobody need call them for it; then task done.",
        "zh-CN": "知会所列客户经理：您的客户正在停电；无须因此致电，知悉后请标记完成。",
    },
    MANAGER_WARNED: {
        "en": "For the account managers named: a text promised to your customer is, or may soon be, late (outagectl explain).",
        "zh-CN": "知会所列客户经理：承诺告知您的客户的短信已逾时或即将逾时（见 outagectl explain 客户编号）。",
    },
    UNCONFIRMED: {
        "en": "Call these customers: power is off and nobody there has confirmed it (outagectl explain); then outagectl confirm.",
        "zh-CN": "请致电这些客户：正在停电，尚无人确认（内容见 outagectl explain 客户编号）；之后记录 outagectl confirm 客户编号。",
    },
    NO_CONTACT: {
        "en": "Call these customers by a number you find: none of their contacts can be texted. Then have the registry put right.",
        "zh-CN": "请另寻号码致电这些客户：登记的联系人均无法收短信；并请更正客户档案。",
    },
    TEXT_DOUBLED: {
        "en": "Send nothing. The customer may hold one text twice: say so if they ask, and tell whoever looks after the provider.",
        "zh-CN": "请勿再发。客户可能收到两条相同短信：如来询请说明，并告知短信通道负责人。",
    },
    HANDSET_FULL: {
        "en": "Call these customers: their telephone had all the texts of this hour. What to say: outagectl explain CUSTOMER.",
        "zh-CN": "请致电这些客户：其手机本小时短信已达上限，暂不再发。通话内容见 outagectl explain 客户编号。",
    },
    CUSTOMERS_UNTOLD: {
        "en": "Call these customers or settle the question (outagectl facts list): while it is open they are told nothing.",
        "zh-CN": "请致电这些客户，或先答复存疑信息（outagectl facts list）：未答复前不会通知他们。",
    },
    PROVIDER_STOPPED: {
        "en": "Have the provider or our account put right (outagectl sending status): texts wait until then and expire.",
        "zh-CN": "请处理短信通道或账户故障（outagectl sending status）：恢复之前短信等待并会过时。",
    },
    PROVIDER_GONE: {
        "en": "Call these customers: nobody knows whether a text reached them, for its provider was taken out (or set it up anew).",
        "zh-CN": "请致电这些客户：短信通道已撤除，无法得知短信是否送达（或重新配置该通道后再查）。",
    },
    FACT_QUESTIONED: {
        "en": "Ask dispatch (outagectl facts list); facts accept or refuse, or send the missing word. Facts in question wait.",
        "zh-CN": "请向调度核实后答复：outagectl facts accept 或 refuse，或补报所缺信息。存疑信息暂不告知任何人。",
    },
    SET_ASIDE: {
        "en": "See why a message was set aside (outagectl quarantine list), mend that, then retry it, or drop it with a reason.",
        "zh-CN": "请查消息为何被搁置（outagectl quarantine list），排除原因后重试，或说明理由后放弃。",
    },
    RECONCILIATION_DIFFERENCE: {
        "en": "Find out why the provider's list and our texts differ (outagectl sending status); ask the provider by its id.",
        "zh-CN": "请查短信通道记录与本方短信为何不一致（outagectl sending status），可凭通道编号向其查询。",
    },
    DATABASE_RESTORED: {
        "en": "No text goes: the database went back. Run outagectl sending reconcile, then outagectl sending resume.",
        "zh-CN": "短信已全部停发：数据库回到了较早状态。请运行 outagectl sending reconcile，再运行 sending resume。",
    },
    APPROVAL: {
        "en": "See whether so many people are to be told (outagectl sending status), then outagectl sending approve or refuse.",
        "zh-CN": "请核实是否应通知这么多客户（outagectl sending status），再运行 outagectl sending approve 或 refuse。",
    },
    NUMBER_OLD: {
        "en": "Ask these customers whether their numbers are still right (outagectl vault confirm), or import a new contact file.",
        "zh-CN": "请向这些客户核对联系电话（outagectl vault confirm），或导入新的联系人文件。",
    },
    REPLY_TO_READ: {
        "en": "Read what came in (outagectl task show, outagectl reply list) and answer by telephone; who says that power is off "
        "comes first.",
        "zh-CN": "请阅读客户来信（outagectl task show，outagectl reply list）并致电答复；称无电者优先。",
    },
    TAKES_NO_TEXTS: {
        "en": "Tell these customers another way (call, letter, visit): they want no texts, and are owed this. Say how in the note.",
        "zh-CN": "请以其他方式（电话、信函、上门）告知这些客户：其已退订短信，但按规定须告知；请在备注中写明方式。",
    },
    SILENCE_FORGOTTEN: {
        "en": "Call these customers (outagectl silence): power is off and nobody told them. Then have it found out why.",
        "zh-CN": "请致电这些客户（outagectl silence）：正在停电，却无人告知；之后请查明为何没有生成短信。",
    },
    SILENCE_HELD: {
        "en": "See why these customers hear nothing (outagectl silence): what is to be told waits. End that, or call them.",
        "zh-CN": "请查看这些客户为何没有消息（outagectl silence）：应告知的内容被搁置；请解除搁置或致电告知。",
    },
    CALL_BACK: {
        "en": "Call back: power is back by our record. Ask whether it is, and how the repair went; then: outagectl callback.",
        "zh-CN": "请回访：我方记录已复电。请询问是否有电、对抢修的意见，再用 outagectl callback 记录。",
    },
    REPORTERS_TO_CALL: {
        "en": "Call back who reported it (outagectl followup list): how did the repair go? Then: outagectl followup record.",
        "zh-CN": "请回访报修人（outagectl followup list），听取对抢修的意见，再用 outagectl followup record 记录。",
    },
    PROMISE_AT_RISK: {
        "en": "See that this is done in time (outagectl show outage or complaint); if it cannot be, tell dispatch and customers.",
        "zh-CN": "承诺即将到期，请督促按时完成（outagectl show outage 或 show complaint 编号）；确不能完成的，请告知调度和客户。",
    },
    PROMISE_UNEXPLAINED: {
        "en": "Say why this promise was broken (outagectl promises why --task TASK --reason …): it stands beside the verdict.",
        "zh-CN": "承诺未兑现，请说明原因（outagectl promises why --task 任务编号 --reason …）：原因与结论并列记录。",
    },
    NOTICE_NOT_SHOWN: {
        "en": "See why the public cannot read this notice (does the board run, can it be reached?); else have it told another way.",
        "zh-CN": "公众看不到这份停电公告：请查公告网页是否运行、能否打开；否则请以其他方式公告。",
    },
    NOTICE_OTHER_WORDS: {
        "en": "The public reads other words than this notice has (outagectl show outage MRID): have it put right.",
        "zh-CN": "公众看到的内容与停电公告不一致（outagectl show outage 停电编号）：请更正网页或印刷件。",
    },
    NOTICE_NOT_READABLE: {
        "en": "In the days that the public is owed this notice it could not be read for too long: end that, and say why on record.",
        "zh-CN": "在应公告的期间内，这份停电公告无法查看的时间过长：请尽快恢复，并记录原因。",
    },
}
"""By kind and language."""

UNKNOWN: Final[Mapping[str, str]] = {
    "en": "A newer version opened this: look at it there.",
    "zh-CN": "此任务由较新版本开出，请在该版本查看。",
}


def to_do(kind: str) -> Mapping[str, str]:
    """What to do about a task of this kind, by language; of a kind that this version does not know, where to look."""
    return TO_DO.get(kind, UNKNOWN)
