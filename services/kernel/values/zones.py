"""Name the zone of an instant where the time of day alone is ambiguous: the hour that comes twice.

When clocks go back the hour from 01:00 to 02:00 comes twice, and work "from 01:45 to 01:15" reads as a data-entry error.
Abbreviations are those of the IANA time zone database; it gives numbers, not letters, to zones without a customary one
(see its theory.html, "Time zone abbreviations"), and for those the offset is said.
"""

from datetime import datetime, tzinfo


def mark(instant: datetime, zone: tzinfo, *beside: datetime) -> str:
    """`BST` or `UTC+10:30` where a reader needs it, else empty.

    It is needed where the clocks of `zone` show the time of `instant` twice, and where an instant `beside` it, said in
    the same breath, has another offset. All instants are aware.
    """
    local = instant.astimezone(zone)
    others = (local.replace(fold=1 - local.fold), *(other.astimezone(zone) for other in beside))
    apart = [other for other in others if other.utcoffset() != local.utcoffset()]
    if not apart:
        return ""
    name = local.tzname() or ""
    if name.isalpha() and all(other.tzname() != name for other in apart):
        return name
    return f"UTC{local.isoformat()[-6:]}"  # +10:30
