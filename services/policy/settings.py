"""What services that go by a policy read beside the kernel's settings."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.kernel.calendar import WorkingCalendar
from services.kernel.settings import KernelSettings
from services.policy.loading import load_policy, policy_path
from services.policy.model import Policy


class PolicySettings(KernelSettings):
    """The regime in force and the calendar it counts with."""

    policy: Annotated[
        str, Field(min_length=1, description="id of a regime that ships (policies/*.toml), or the path of a file")
    ] = "cn-service-standard"
    calendar_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 code, e.g. CN")] = "CN"
    closures: Annotated[tuple[date, ...], Field(description='the utility\'s own days off, JSON: ["2026-03-09"]')] = ()

    def rules(self) -> tuple[Policy, WorkingCalendar]:
        """The policy and the calendar.

        Raises:
            PolicyError: the regime file is missing or wrong.

        """
        path = Path(self.policy) if self.policy.endswith(".toml") else policy_path(self.policy)
        return load_policy(path), WorkingCalendar(self.calendar_country, self.zone, closures=self.closures)
