"""What the restorer asks of a policy, in one place."""

from __future__ import annotations

from datetime import timedelta

from services.policy import Policy


def lifecycle_of(policy: Policy) -> tuple[timedelta, timedelta]:
    """x."""
    return timedelta(hours=24), timedelta(hours=24)
