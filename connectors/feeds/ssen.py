"""Read a row of SSEN's public list of power cuts (Great Britain), in its forms of 2021 to 2026.

Source: "Real Time Outage Dataset" of the SSEN data portal, whose resource `getallfaults` (v4) is an object with
`faults`; kept lists of 2021 to 2023 (v3, `Faults`) have other names for the same. Places are postcodes, some of them only the
outward half; instants are UTC. `type` is LV or HV for a fault, PSI for planned work; `jobStatus` I and FI is a fault in
hand, P planned, R restored, which is gone from the list within a minute. `mergedTo` names the fault into which this one went.

`location` is a point, where the fault is, and says of nobody that they are without power: postcodes do.
For planned work `loggedAtUtc` is when it was entered; the list does not say when power goes off, so nothing is told of it.
"""

from collections.abc import Mapping
from datetime import datetime

from connectors.feeds.listed import FeedSource, ListedRow, Stage
from connectors.feeds.row import FeedRow

NETWORK: Mapping[str, Stage] = {"lv": "off", "hv": "off", "psi": "ahead"}
STATUS: Mapping[str, Stage] = {"i": "off", "fi": "off", "p": "ahead", "r": "over"}


def _stage(row: FeedRow) -> Stage:
    network, status = row.code("type", NETWORK, "type"), row.code("jobStatus", STATUS, "job-status")
    if status == "over" or row.get("resolved") is True:
        return "over"
    return "ahead" if "ahead" in (network, status) else "off"


def _either(row: FeedRow, name: str, former: str, what: str) -> datetime | None:
    return row.instant(name if name in row else former, what)


def read_row(row: FeedRow) -> ListedRow:
    """One row of the list.

    Raises:
        UnreadableRowError: it has no usable reference.

    """
    on_site = _either(row, "engineerOnSiteTimeUtc", "engineerOnSiteTime", "crew-time")
    if row.words("mergedTo"):
        row.problems.add("merged-into-another")
    stage = _stage(row)
    return ListedRow(
        local_id=row.id("reference"),
        stage=stage,
        outage_class="planned" if stage == "ahead" else "fault",
        areas=row.names("affectedAreas"),
        customers=row.customers("customerCount" if "customerCount" in row else "affectedCustomerCount"),
        crew="arrived" if on_site is not None else None,
        crew_at=on_site,
        started=_either(row, "loggedAtUtc", "loggedAt", "start"),
        ert=_either(row, "estimatedRestorationTimeUtc", "estimatedRestoration", "ert"),
    )


SOURCE = FeedSource(name="connectors/ssen", mrid_prefix="ssen", read_row=read_row, rows=("faults", "Faults"))
