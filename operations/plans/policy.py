"""Load the policy and the calendar that a command works with."""

from __future__ import annotations

import os
from pathlib import Path

from operations.errors import Misused, NotFound, Refused
from operations.system.location import Where
from services.policy import Policy, PolicyError, load_policy, policy_path, regime_file, working_calendar
from services.policy.calendar import CalendarError, WorkingCalendar

STANDARD = "cn-service-standard"


def chosen_policy(
    named: str | None, country: str | None, where: Where, calendar_file: Path | None = None
) -> tuple[Policy, WorkingCalendar]:
    """The policy and calendar that a command works with: as named, else as the environment sets them.

    Raises:
        NotFound, Refused, Misused: no such regime, a wrong file, no such country.

    """
    policy = regime(named) if named else regime_set_here()
    utility = os.environ.get("OUTAGE_CALENDAR_COUNTRY")
    known = country or utility or policy.settings.country
    file: Path | str | None = calendar_file
    if file is None and known == (utility or regime_set_here().settings.country):
        # The file set here holds the days of the utility's own country: another one does not keep them.
        file = os.environ.get("OUTAGE_CALENDAR_FILE") or None
    try:
        return policy, working_calendar(known, where.zone_name, file)
    except CalendarError as error:
        raise Misused(str(error)) from None
    except PolicyError as error:
        raise Refused(str(error)) from None


def regime_set_here() -> Policy:
    """The regime that the environment sets, else the one that holds where nothing is set.

    Raises:
        NotFound, Refused: there is none, or it does not load.

    """
    return regime(os.environ.get("OUTAGE_POLICY", STANDARD))


def regime(named: str) -> Policy:
    """The regime of that id or file.

    Raises:
        NotFound, Refused: there is none, or it does not load.

    """
    path = regime_file(named)
    if not path.exists():
        shipped = ", ".join(sorted(each.stem for each in policy_path(STANDARD).parent.glob("*.toml")))
        raise NotFound(f"there is no regime {named}: name one of {shipped}, or the path of a .toml file")
    try:
        return load_policy(path)
    except PolicyError as error:
        raise Refused(str(error)) from None
