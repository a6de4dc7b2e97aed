"""Policy as data: what a utility must do, by when, and by which clause. See policies/*.toml."""

from services.policy.calendar_file import working_calendar
from services.policy.counting import Deadline, deadline, earliest_start, notice_by
from services.policy.loading import load_policy, policy_identity, policy_path, regime_file
from services.policy.model import Between, Policy, PolicyError, Rule, Tuning, moved_by, rule_ref

__all__ = [
    "Between",
    "Deadline",
    "Policy",
    "PolicyError",
    "Rule",
    "Tuning",
    "deadline",
    "earliest_start",
    "load_policy",
    "moved_by",
    "notice_by",
    "policy_identity",
    "policy_path",
    "regime_file",
    "rule_ref",
    "working_calendar",
]
