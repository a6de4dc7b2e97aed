"""No screen blames a customer, whatever became of a fault in their own installation: agents read these lines out."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult, TouchingOutage
from operations.lookup.views import GuidanceView, SupplyView
from operations.times import Times
from outagectl.commands.explain.chinese import sentences
from outagectl.commands.explain.english import answer
from outagectl.words.sentences import in_words
from outagectl.words.topics.promises import watched
from schemas.contracts.base import RuleRef
from schemas.contracts.promises import PromiseVoided
from services.notifier.domain.wording.checking.word_list import BLAME, FRIGHT, forbidden_in
from services.tasks.domain.kinds import TO_DO
from tests.kits.kernel.toy import START
from tests.kits.screens import GOLDEN

ZONE = ZoneInfo("Asia/Shanghai")
TIMES = Times(ZONE, "Asia/Shanghai")


def blamed(said: str, language: str) -> list[str]:
    return [word for word, why in forbidden_in(said, language) if why in (BLAME, FRIGHT)]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_line_of_history_watch_or_log_book_blames_anybody(language: str) -> None:
    lines = [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) > 500, "the screens were read"
    assert [line for line in lines if blamed(line, language)] == []


def test_a_fault_behind_the_connection_is_told_as_that_and_the_promise_says_why_it_no_longer_applies() -> None:
    at = START.isoformat()
    told = [
        in_words("outage.corrected.v1", {"mRID": "F-1", "correctedAt": at, "faultSide": "customer"}, TIMES),
        in_words("fault.reported.v2", {"mRID": "F-1", "reportedAt": at, "faultSide": "customer"}, TIMES),
    ]
    assert "in an installation that is not ours" in told[0]
    rule = RuleRef(policy_id="cn", policy_version="1", rule_id="cn.fault.done-24h")
    common = {"promise_id": "F-1/cn.fault.done-24h/1", "mrid": "F-1", "rule": rule, "due_at": START}
    voided = PromiseVoided(**common, at=START, reason="customer-side-fault")  # type: ignore[arg-type]
    told.append(watched(voided, "the fault done", TIMES))
    assert "customer-side-fault" in told[-1]
    assert [line for line in told if blamed(line, "en")] == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_people_are_asked_to_do_blames_nobody(language: str) -> None:
    assert [kind for kind, said in TO_DO.items() if blamed(said[language], language)] == []


@pytest.mark.parametrize("status", ["predicted", "confirmed", "restored"])
def test_explain_says_who_helped_and_blames_nobody(status: str) -> None:
    helped = (
        GuidanceView(START - timedelta(minutes=9), "Wang", "not-solved"),
        GuidanceView(START - timedelta(minutes=4), "Li", "solved"),
    )
    back = START - timedelta(minutes=2) if status == "restored" else None
    started = START - timedelta(minutes=20)
    view = SupplyView(status, "fault", started_at=started, restored_at=back, guidance=helped)  # type: ignore[arg-type]
    known = [NamedThing("line", "10千伏城东线", frozenset({("line", "10千伏城东线")}))]
    found = LookupResult("10千伏城东线", START, known, [TouchingOutage("F-1", (), view)])
    english = "\n".join(line.text for line in answer(found, TIMES))
    assert "by telephone by Wang" in english
    assert "by telephone by Li" in english
    assert "power was back with it" in english
    assert blamed(english, "en") == []
    assert blamed("".join(sentences(found, ZONE)), "zh-CN") == []
