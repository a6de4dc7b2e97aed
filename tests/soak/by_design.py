"""What grows by design while the work is steady, each with its reason; whatever is not named here must level off."""

from fnmatch import fnmatchcase
from typing import Final

_SIZES: Final = ("rows", "table MiB", "index MiB")
_RECORD: Final = "the record, kept for ever"
_SAID: Final = "what was said to whom, kept for ever"
_SHOWN: Final = "a read model of the record"
_TOUCHED: Final = "whom each outage touched, kept for ever"
_BOOKED: Final = "work that was booked, kept for ever: the yearly limit asks for it"

REASONS: Final = {
    **{("*." + table, figure): _RECORD for table in ("event", "stream", "live") for figure in _SIZES},
    **{("*.inbox", figure): "until it is pruned, once an hour, after OUTAGE_INBOX_DAYS" for figure in _SIZES},
    **{(f"notifier.{table}", figure): _SAID for table in ("notification", "attempt") for figure in _SIZES},
    **{("*." + table, figure): _SHOWN for table in ("place_v*", "promise_v*") for figure in _SIZES},
    **{(f"notifier.{table}", figure): _TOUCHED for table in ("audience_member", "fanout_job") for figure in _SIZES},
    **{(f"planner.{table}", figure): _BOOKED for table in ("work", "work_place") for figure in _SIZES},
    ("outage.*", "records"): "a topic's end; Kafka's retention cuts its beginning",
    ("outage.*", "log MiB"): "until Kafka's retention cuts it, by the machine's days",
    ("__*", "log MiB"): "Kafka's own, until its cleaner compacts a segment",
    ("Kafka", "rss MiB"): "a JVM takes its heap as it goes, up to its -Xmx",
    ("twilio", "rss MiB"): "the simulator holds every message, as Twilio does",
}
"""By `what` and `figure` of a series; `*` stands for any letters."""


def reason(what: str, figure: str) -> str | None:
    """Why that may grow for ever; None: it may not."""
    found = (why for (whats, figures), why in REASONS.items() if fnmatchcase(what, whats) and figure == figures)
    return next(found, None)
