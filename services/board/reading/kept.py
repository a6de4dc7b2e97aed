"""Keep what was read and what was made of it, so that a round makes only what changed. Knows no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from services.board.domain.points import point_digests
from services.board.domain.public import PublicNotice, PublicOutage
from services.board.reading.names import NamedElement, Nameless, Place, PublicNames, places_named
from services.board.reading.notices import NoticeTextRow, SchemeOrder, by_outage, places_of, points_of, public_notice
from services.board.reading.outages import WITH_NOTICE, SeenOutage, public_outage


class KeptRows:
    """The rows that one snapshot is made of, and the public's form of each."""

    def __init__(self, salt: bytes, nameless: Nameless) -> None:
        self._salt, self._nameless = salt, nameless
        self._outages: dict[str, SeenOutage] = {}
        self._texts: dict[str, tuple[NoticeTextRow, ...]] = {}
        self._orders: dict[str, SchemeOrder] = {}
        self._elements: dict[Place, tuple[NamedElement, ...]] = {}
        self._asked: set[Place] = set()
        self._shown: dict[str, PublicOutage] = {}
        self._notices: dict[str, PublicNotice] = {}
        self._points: dict[tuple[str, str], frozenset[bytes]] = {}
        self._stale: set[str] = set()
        self.outages_up_to = self.notices_up_to = -1
        """Positions of the two logs up to which rows are here."""

    def replace(self, outages: Iterable[SeenOutage], texts: Iterable[NoticeTextRow]) -> None:
        """Everything, as it was read anew; what comes out as before stays the same object."""
        self._outages, self._texts, self._orders = {}, {}, {}
        self._elements, self._asked = {}, set()
        # Also where a log is shorter than it was: its database went back.
        self.outages_up_to = self.notices_up_to = -1
        self.take(outages, texts)
        self._stale = {*self._outages, *self._texts}
        for mrid in self._shown.keys() - self._outages.keys():
            del self._shown[mrid]
        for mrid in self._notices.keys() - self._texts.keys():
            del self._notices[mrid]
        self._points = {key: points for key, points in self._points.items() if key[1] in self._stale}

    def take(self, outages: Iterable[SeenOutage], texts: Iterable[NoticeTextRow]) -> None:
        """What changed. Of a notice all texts are given."""
        for row in outages:
            self._outages[row.mrid] = row
            self._stale.add(row.mrid)
            self.outages_up_to = max(self.outages_up_to, row.position)
        for mrid, found in by_outage(texts).items():
            self._texts[mrid] = found
            self._stale.add(mrid)
            self.notices_up_to = max(self.notices_up_to, *(one.position for one in found))

    def forget(self, before: datetime) -> None:
        """What was over then already."""
        gone = [mrid for mrid, row in self._outages.items() if not row.is_open and not _since(row.ended_at, before)]
        for mrid in gone:
            del self._outages[mrid]
            self._shown.pop(mrid, None)
            self._points.pop(("outage", mrid), None)
        over = [mrid for mrid, texts in self._texts.items() if not any(_is_kept(one, before) for one in texts)]
        for mrid in over:
            del self._texts[mrid]
            self._notices.pop(mrid, None)
            self._points.pop(("notice", mrid), None)
        self._stale -= {*gone, *over} - self._outages.keys() - self._texts.keys()

    def unnamed(self, more: Collection[Place] = ()) -> set[Place]:
        """Names of what has to be made of which the network model was not asked yet."""
        wanted = set(more)
        for mrid in self._stale:
            if (row := self._outages.get(mrid)) is not None:
                wanted |= places_named(row.places())
            wanted |= places_named(places_of(self._texts.get(mrid, ())))
        return wanted - self._asked

    def name(self, asked: Collection[Place], found: Mapping[Place, tuple[NamedElement, ...]]) -> None:
        """What it answers; of most names it says nothing."""
        self._asked |= {*asked}
        self._elements.update(found)

    def without_order(self) -> list[str]:
        """Orders to shed load of which it is not known yet what step they are for."""
        stale = (mrid for mrid in self._stale if mrid in self._texts and mrid not in self._orders)
        return sorted(mrid for mrid in stale if self._texts[mrid][-1].outage_class == "curtailment")

    def order(self, mrid: str, order: SchemeOrder) -> None:
        """For which step it is."""
        self._orders[mrid] = order

    @property
    def names(self) -> PublicNames:
        """By what the network model has said so far."""
        return PublicNames(self._elements, self._nameless)

    def make(self) -> None:
        """The public's form of what changed."""
        names = self.names
        for mrid in self._stale:
            if (texts := self._texts.get(mrid)) is not None:
                self._put(self._notices, mrid, public_notice(texts, names, self._orders.get(mrid)))
                self._point("notice", mrid, points_of(texts))
            if (row := self._outages.get(mrid)) is not None:
                self._put(self._shown, mrid, public_outage(row, names, noticed=mrid in self._texts))
                self._point("outage", mrid, row.points)
        self._stale = set()

    @staticmethod
    def _put(known: dict[str, PublicOutage] | dict[str, PublicNotice], mrid: str, made: object) -> None:
        # The same object where it says the same: whoever renders sees by that what is as it was.
        if known.get(mrid) != made:
            known[mrid] = made  # type: ignore[assignment]

    def _point(self, kind: str, mrid: str, numbers: tuple[str, ...]) -> None:
        if numbers:
            self._points[kind, mrid] = point_digests(numbers, self._salt)
        else:
            self._points.pop((kind, mrid), None)

    def outages(self) -> tuple[PublicOutage, ...]:
        """All, by mRID. The notice of one may have come, or gone, since it was made."""
        for mrid, made in self._shown.items():
            if made.outage_class in WITH_NOTICE and (made.notice_of == mrid) != (mrid in self._texts):
                row = self._outages[mrid]
                self._shown[mrid] = public_outage(row, self.names, noticed=mrid in self._texts)
        return tuple(self._shown[mrid] for mrid in sorted(self._shown))

    def notices(self) -> tuple[PublicNotice, ...]:
        """All, by mRID."""
        return tuple(self._notices[mrid] for mrid in sorted(self._notices))

    def points(self) -> Mapping[str, frozenset[bytes]]:
        """Usage points by mRID, as digests."""
        found: dict[str, frozenset[bytes]] = {}
        for (_, mrid), digests in sorted(self._points.items()):
            found[mrid] = found.get(mrid, frozenset()) | digests
        return found


def _since(ended_at: datetime | None, before: datetime) -> bool:
    return ended_at is not None and ended_at > before


def _is_kept(one: NoticeTextRow, before: datetime) -> bool:
    return one.state == "in-force" or _since(one.ended_at, before)
