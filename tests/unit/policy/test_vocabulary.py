"""A word that nobody asks for would switch a rule off without a sound: it is refused, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.planner.domain.decider import PlannerOutage
from services.policy import PolicyError, load_policy, policy_path
from services.policy.calendar import WorkingCalendar

TEXT = policy_path("cn-service-standard").read_text(encoding="utf-8")
RULE = 'applies_when = { outage_class = "planned" }'


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (RULE, 'applies_when = { outage_clas = "planned" }', r"outage_clas: no case has such a trait: write one of outage_class"),
        (RULE, 'applies_when = { outage_class = "planed" }', r"outage_class: 'planed' is not known: write one of planned"),
        (RULE, "applies_when = { outage_class = { at_least = 3 } }", r"outage_class: it is a word, not a number"),
        (RULE, 'applies_when = { nominal_voltage = "10" }', r"nominal_voltage: it is a number: write \{ at_least"),
        ('obligation = "public-notice"', 'obligation = "public-notise"', r"obligation: 'public-notise' is not known"),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_refused_with_the_line_and_those_there_are(
    tmp_path: Path, right: str, wrong: str, complaint: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(TEXT.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(PolicyError, match=rf"own\.toml, line \d+: rule cn\.planned\.public-notice: .*{complaint}"):
        load_policy(file)


def test_a_regime_under_which_planned_work_would_need_no_notice_stops_the_planner(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    head, *rules = TEXT.split("[[rules]]")
    kept = [rule for rule in rules if 'obligation = "public-notice"' not in rule]
    file.write_text("[[rules]]".join([head, *kept]), encoding="utf-8")
    with pytest.raises(ValueError, match="no public-notice rule for planned work"):
        PlannerOutage(load_policy(file), WorkingCalendar())
