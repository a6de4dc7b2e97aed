"""CAP 1.2 (OASIS, 2010-07-01): an alert for each notice and outage, in both languages; what changed refers to what it replaces.

A notice's messages are its versions. An outage has none, so its message is named by when what is public of it last changed, and
refers to the messages that this board showed of it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from services.board.domain.public import PublicNotice, PublicOutage, PublicPlaces
from services.board.feeds.naming import host_of, offset
from services.board.feeds.words import FeedWords
from services.board.feeds.xml import add, add_all, root, written
from services.board.utility import Utility

TYPE: Final = "application/cap+xml; charset=utf-8"
NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
REFERRED: Final = 20
"""So many of the messages before are referred to."""

EVENTS: Final = {"planned": "Planned power outage", "temporary": "Planned power outage"}
_PLACES: Final = 20


@dataclass(frozen=True, slots=True)
class AlertName:
    """A message as others refer to it."""

    sender: str
    identifier: str
    sent: str

    def __str__(self) -> str:
        """As one of `references`."""
        return f"{self.sender},{self.identifier},{self.sent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Info:
    """What the two languages have in common."""

    event: str
    urgency: str
    severity: str
    certainty: str
    response: str | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    path: str
    places: PublicPlaces


def notice_alert(notice: PublicNotice, utility: Utility, words: Sequence[FeedWords]) -> bytes:
    """The message of a notice as it stands."""
    sender, now = host_of(utility), notice.now
    earlier = [AlertName(sender, f"{notice.mrid}.{one.version}", offset(one.published_at)) for one in notice.versions]
    if notice.state == "withdrawn":
        kind, name, sent = "Cancel", f"{notice.mrid}.{now.version}.withdrawn", notice.withdrawn_at or notice.changed_at
    elif notice.state == "closed":
        kind, name, sent = "Update", f"{notice.mrid}.{now.version}.closed", notice.changed_at
    else:
        *earlier, this = earlier
        kind, name, sent = ("Update" if earlier else "Alert"), this.identifier, now.published_at
    done = notice.state in ("withdrawn", "closed")
    info = _Info(
        event=EVENTS.get(notice.outage_class, "Ordered power curtailment"),
        urgency="Past" if done else "Future",
        severity="Minor" if done else "Moderate",
        certainty="Observed" if notice.state == "closed" else "Unlikely" if done else "Likely",
        response="AllClear" if done else "Prepare",
        onset=now.starts_at,
        expires=now.ends_at,
        path=f"/n/{notice.mrid}",
        places=now.places,
    )
    alert = _alert(AlertName(sender, name, offset(sent)), kind, earlier, notice.mrid)
    for each in words:
        made = _info(alert, info, each.notice_title(notice), each.notice(notice), utility, each)
        _area(made, info.places, each)
    return written(alert)


def outage_alert(outage: PublicOutage, utility: Utility, words: Sequence[FeedWords], before: bytes | None) -> bytes:
    """The message of an outage as it stands. `before`: the message shown last, to which it refers."""
    over = not outage.is_open
    this = AlertName(host_of(utility), f"{outage.mrid}.{outage.changed_at:%Y%m%dT%H%M%S}", offset(outage.changed_at))
    earlier = [one for one in _shown_before(before) if one.identifier != this.identifier]
    kind = "Alert" if not earlier else "Cancel" if outage.status == "withdrawn" else "Update"
    info = _Info(
        event=EVENTS.get(outage.outage_class, "Power outage"),
        urgency="Past" if over else "Immediate",
        severity="Minor" if over else "Moderate",
        certainty="Likely" if outage.status == "predicted" or outage.perhaps_back_since else "Observed",
        response="AllClear" if outage.status == "restored" else None,
        onset=outage.began_at,
        expires=None if over else outage.expected_at,
        path=f"/o/{outage.mrid}",
        places=outage.places,
    )
    alert = _alert(this, kind, earlier, outage.mrid)
    for each in words:
        made = _info(alert, info, each.outage_title(outage), each.outage(outage), utility, each)
        if outage.expected_at is not None and not over:
            parameter = add(made, "parameter")
            add_all(parameter, (("valueName", "expectedRestoration"), ("value", offset(outage.expected_at))))
        _area(made, info.places, each)
    return written(alert)


def _shown_before(document: bytes | None) -> list[AlertName]:
    """The message of a document and those that it refers to, oldest first."""
    if document is None:
        return []
    try:
        alert = fromstring(document)  # noqa: S314 - our own bytes
    except ParseError:
        return []
    found = {child.tag.rpartition("}")[2]: child.text or "" for child in alert}
    earlier = [AlertName(*part.split(",", 2)) for part in found.get("references", "").split() if part.count(",") == 2]  # noqa: PLR2004
    return [*earlier, AlertName(found["sender"], found["identifier"], found["sent"])][-REFERRED:]


def _alert(this: AlertName, kind: str, earlier: Sequence[AlertName], incident: str) -> Element:
    alert = root(NAMESPACE, "alert")
    add_all(
        alert,
        (
            ("identifier", this.identifier),
            ("sender", this.sender),
            ("sent", this.sent),
            ("status", "Actual"),
            ("msgType", kind),
            ("scope", "Public"),
            ("references", " ".join(map(str, earlier[-REFERRED:])) or None),
            ("incidents", incident),
        ),
    )
    return alert


def _info(alert: Element, info: _Info, headline: str, said: str, utility: Utility, words: FeedWords) -> Element:
    made = add(alert, "info")
    add_all(
        made,
        (
            ("language", words.language),
            ("category", "Infra"),
            ("event", info.event),
            ("responseType", info.response),
            ("urgency", info.urgency),
            ("severity", info.severity),
            ("certainty", info.certainty),
            ("onset", offset(info.onset) if info.onset else None),
            ("expires", offset(info.expires) if info.expires else None),
            ("senderName", utility.named(words.language)),
            ("headline", headline),
            ("description", said),
            ("instruction", words.say("frame.safety")),
            ("web", utility.at(info.path)),
            ("contact", utility.hotline),
        ),
    )
    return made


def _area(info: Element, places: PublicPlaces, words: FeedWords) -> None:
    names = (*places.areas, *places.lines)[:_PLACES]
    for name in names or (words.say("place.unnamed"),):
        add(add(info, "area"), "areaDesc", name)
