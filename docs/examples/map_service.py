"""A map service's list (ArcGIS): rows under `features`, values in `attributes`, places in one text, local times as text."""

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.row import FeedRow

CLASSES = {"u": "fault", "f": "planned"}
FORM, ZONE = "%d/%m/%Y %I:%M %p", "Australia/Perth"


def read_row(row: FeedRow) -> ListedRow:
    """One feature."""
    values = row.within("attributes")
    return ListedRow(
        local_id=values.id("INCIDENTREF"),
        outage_class=values.code("OUTAGETYPE", CLASSES, "class") or "fault",
        areas=values.names("AFFECTED_AREA"),
        customers=values.customers("NOCUSTOMERSIMPACTED"),
        started=values.local("OUTAGESTARTTIME", FORM, ZONE, "start"),
        ert=values.local("ESTIMATEDRESTORATIONTIME", FORM, ZONE, "ert"),
    )


SOURCE = FeedSource("connectors/town", "town", read_row, rows=("features",))
