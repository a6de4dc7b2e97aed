"""Read the settings of services that follow a policy, beside the kernel's."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.kernel.running.settings import KernelSettings
from services.policy.calendar import WorkingCalendar
from services.policy.calendar_file import working_calendar
from services.policy.loading import load_policy, regime_file
from services.policy.model import Policy


class PolicySettings(KernelSettings):
    """The regime in force and the calendar it counts with."""

    policy: Annotated[
        str, Field(min_length=1, description="id of a regime that ships (policies/*.toml), or the path of a file")
    ] = "cn-service-standard"
    calendar_country: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Z]{2}$", description="whose working days count, ISO 3166 code; else the regime's own country"
        ),
    ] = None
    calendar_file: Annotated[
        Path | None, Field(description="the utility's own days off and worked, a TOML file; see policies/README.md")
    ] = None

    def rules(self) -> tuple[Policy, WorkingCalendar]:
        """The policy and the calendar.

        Raises:
            PolicyError: the regime file or the calendar file is missing or wrong.
            CalendarError: there is no calendar for the country.

        """
        policy = load_policy(regime_file(self.policy))
        country = self.calendar_country or policy.settings.country
        return policy, working_calendar(country, self.zone, self.calendar_file)
