"""The two halves of a story: under which rules what was promised before the upgrade stands after it."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from schemas.contracts.base import RuleRef
from tests.sim.city.stage import Answer, Stage
from tests.sim.city.workloads.operators.rules import SAME
from tests.sim.judging.promises.figures import STANDARD
from tests.sim.judging.promises.ruled import History, Version
from tests.sim.judging.sending.approvals import Approval
from tests.sim.upgrade.carried import read, written
from tests.sim.upgrade.halves import CARRIED, LEFT, promised_by

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
UPGRADED = BEGAN + timedelta(hours=1)
MEANWHILE, AFTERWARDS = BEGAN + timedelta(minutes=5), UPGRADED + timedelta(minutes=5)


def rule(policy: str, calendar: str = "c1") -> RuleRef:
    return RuleRef(policy_id="cn", policy_version=policy, rule_id="cn.fault.done-24h", calendar_version=calendar)


def test_what_the_release_promised_cites_its_own_policy_and_what_this_code_promises_todays() -> None:
    rules = History([Version(STANDARD, "1+new", "c1", BEGAN)])
    promised_by("1+old", rules, UPGRADED)
    before, today = rules.cited(rule("1+old")), rules.cited(rule("1+new"))
    assert today is rules.newest
    assert before in rules.in_force("restorer", MEANWHILE)
    assert today not in rules.in_force("restorer", MEANWHILE)
    assert today in rules.in_force("restorer", AFTERWARDS)


def test_rules_that_were_changed_before_the_upgrade_have_a_version_of_the_release_too() -> None:
    rules = History([Version(STANDARD, "1+new", "c1", BEGAN), Version(SAME, "1+new-2", "c2", BEGAN)])
    promised_by("1+old", rules, UPGRADED)
    for cited in (rules.cited(rule("1+old")), rules.cited(rule("1+old-2", "c2"))):
        assert cited in rules.in_force("planner", MEANWHILE)
    assert rules.cited(rule("1+new-2", "c2")) is rules.newest


def test_a_review_after_the_upgrade_is_one_of_todays_rules_alone() -> None:
    rules = History([Version(STANDARD, "1+new", "c1", BEGAN)])
    promised_by("1+old", rules, UPGRADED)
    rules.newest.through["planner"] = AFTERWARDS
    assert rules.versions[0].through == {}


def test_where_the_policy_is_as_it_was_nothing_is_told_apart() -> None:
    rules = History([Version(STANDARD, "1+same", "c1", BEGAN)])
    promised_by("1+same", rules, UPGRADED)
    assert rules.versions == [Version(STANDARD, "1+same", "c1", BEGAN)]


def test_whatever_the_referee_must_know_of_the_first_half_is_carried_over_or_said_to_be_left() -> None:
    assert sorted((*CARRIED, *LEFT)) == sorted(one.name for one in fields(Stage))


def test_what_operators_and_customers_said_before_the_upgrade_is_known_after_it() -> None:
    stage = {
        "approvals": [Approval("AV-1", "approve", BEGAN, MEANWHILE)],
        "answers": {"SM-1": Answer("+447700900101", "STOP", BEGAN, MEANWHILE)},
        "numbers_of": {"c-1": {"+447700900101"}},
    }
    assert read(written(stage)) == stage
