"""Read a row of BC Hydro's public list of open outages, in its forms of 2020 to 2026.

What its fields mean, as measured over May 2023 (35,365 rows): `dateOff` is the start; `dateOn` and `crewEtr` are the
same number in every row and are the *expected* end, given exactly when `showEtr` is true; `crewEta` keeps the
expected arrival even after the crew came; `lastUpdated` is when the row last changed. All are milliseconds since 1970.
`polygon` is one ring, longitude and latitude in turn and not closed, around the houses that are out: none of 2,266 crossed itself,
27 rows had none.

Later lists have `crewStatus`, a word that stays the same, beside `crewStatusDescription`, whose wording has changed, and
`showDateOn`: where it is there, `dateOn` is never when power came back, and is an expected end only while it is true.
"""

from collections.abc import Mapping
from datetime import datetime

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.row import FeedRow
from schemas.contracts.base import CrewStatusKind

PLANNED_CAUSES = frozenset({"planned work being done on our equipment", "work being done on our equipment"})
NO_CAUSE = frozenset({"", "under investigation", "no known message", "unknown", "other"})
CUSTOMER_CAUSES = frozenset({"customer's equipment"})

# "Suspended": the crew left and will be back (night, fire line, priorities). Nobody works there now, so nothing may
# say that somebody does.
SUSPENDED = "suspended"
STATUS: Mapping[str, CrewStatusKind] = {
    "new": "awaitingCrewAssignment",
    "not_assigned": "awaitingCrewAssignment",
    SUSPENDED: "awaitingCrewAssignment",
    "assigned": "assigned",
    "enroute": "enroute",
    "onsite": "arrived",
}
DESCRIPTION: Mapping[str, CrewStatusKind] = {
    "no crew assigned yet": "awaitingCrewAssignment",
    "no crew assigned": "awaitingCrewAssignment",
    SUSPENDED: "awaitingCrewAssignment",
    "crew assigned": "assigned",
    "crew on their way": "enroute",
    "crew on-site": "arrived",
}


def _crew(row: FeedRow) -> CrewStatusKind | None:
    status = row.code("crewStatus", STATUS, "crew-status")
    if status is None:
        status = row.code("crewStatusDescription", DESCRIPTION, "crew-status")
    if SUSPENDED in {row.words("crewStatus").lower(), row.words("crewStatusDescription").lower()}:
        row.problems.add("crew-suspended")
    return status


def _ends(row: FeedRow) -> tuple[datetime | None, datetime | None]:
    """When power is expected to be back, and when it came back."""
    ert, date_on = row.millis("crewEtr", "ert"), row.millis("dateOn", "end")
    shown = ert if row.get("showEtr") is True else None
    if "showDateOn" in row:
        return (date_on if shown is None and row["showDateOn"] is True else shown), None
    # A dateOn that repeats the estimate is no report of power being back.
    return shown, None if date_on == ert else date_on


def read_row(row: FeedRow) -> ListedRow:
    """One row of the list.

    Raises:
        UnreadableRowError: it has no usable id.

    """
    cause = row.words("cause")
    ert, ended = _ends(row)
    return ListedRow(
        local_id=row.id("id"),
        outage_class="planned" if cause.lower() in PLANNED_CAUSES else "fault",
        cause=None if cause.lower() in NO_CAUSE else cause,
        fault_side="customer" if cause.lower() in CUSTOMER_CAUSES else "unknown",
        areas=row.names("municipality"),
        shape=row.shape("polygon"),
        customers=row.customers("numCustomersOut"),
        crew=_crew(row),
        started=row.millis("dateOff", "start"),
        ert=ert,
        ended=ended,
        updated=row.millis("lastUpdated", "update-time"),
    )


SOURCE = FeedSource(name="connectors/bchydro", mrid_prefix="bchydro", read_row=read_row)
