"""Every page of the board in one language, each with all that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.board.domain.public import Board, PublicNotice, PublicOutage, PublicStatement
from services.board.made import Made
from services.board.pages.frame import Frame, localized
from services.board.pages.lists import ROWS, Numbered, ahead, by_day, by_district, ended_at, open_ones, over, paged
from services.board.pages.saying import total_of
from services.board.snapshot.form import (
    QUERY_MARK,
    Page,
    Sentence,
    answer_part,
    as_of_part,
    hit_part,
    missing_part,
    say_part,
    stale_part,
)
from services.board.utility import Utility

AT_HOME: Final = 8
PAST_AT_HOME: Final = 5
CHANNEL: Final = "board"


@dataclass(frozen=True, slots=True)
class Ended:
    """A row of the outcomes."""

    path: str
    when: str
    where: Markup
    kind: str
    outcome: str


def made(board: Board, utility: Utility, language: str) -> Iterator[Made]:
    """Every page of a language, and the parts that a front puts pages together from."""
    site = _Site(board, utility, language)
    return chain(site.pages(), site.parts())


class _Site:
    """The pages of one language."""

    def __init__(self, board: Board, utility: Utility, language: str) -> None:
        self._board, self._utility, self._language = board, utility, language
        self._frame = Frame(board, utility, language)
        self._w, self._s = self._frame.words, self._frame.saying
        self._outages = {one.mrid: one for one in board.outages}
        self._notices = {one.mrid: one for one in board.notices}
        self._now = open_ones(board)
        self._ahead = ahead(board)
        self._over = over(board)

    def pages(self) -> Iterator[Made]:
        """Every page that has an address."""
        yield self._home()
        yield from self._current()
        yield from self._planned()
        for path, rows, pages in paged(self._over, "/past"):
            yield self._page("past", path, self._w("past.title"), rows=[*map(self._ended, rows)], pages=pages)
        yield from map(self._notice, self._board.notices)
        yield from map(self._outage, self._board.outages)
        orders = tuple(one for one in self._ahead if one.outage_class == "curtailment")
        yield self._page("scheme", "/curtailment", self._w("scheme.title"), scheme=self._board.scheme, orders=orders)
        yield from self._fulfilment()
        yield self._page("how", "/how", self._w("how.title"), by_board=CHANNEL in self._board.counted_by)
        yield self._page("subscribe", "/subscribe", self._w("subscribe.title"))
        yield self._page("off", "/off", self._w("off.title"))

    def parts(self) -> Iterator[Made]:
        """What a front puts pages together from."""
        language, hotline, at = self._language, self._utility.hotline, self._s.at(self._board.as_of)
        stale = Markup('<p class="stale" role="status">{}</p>').format(self._w("frame.stale", at=at, hotline=hotline))
        yield self._part(stale_part(language), stale)
        yield self._part(as_of_part(language), escape(self._w("frame.as_of", at=at, zone=self._board.zone)))
        missing = {"text": self._w("missing.text"), "back": self._w("missing.home")}
        yield self._unnamed(missing_part(language), "plain", None, self._w("missing.title"), **missing)
        yield self._unnamed(answer_part(language), "off", "/off", self._w("off.title"))
        for sentence, html in self._sentences():
            yield self._part(say_part(sentence, language), html)
        for outage in self._now:
            yield self._hit(outage.mrid, self._passed(outage), outage=outage, notice=None)
        held = {one.mrid for one in self._now}
        for notice in self._board.notices:
            if notice.state == "in-force" and notice.mrid not in held:
                yield self._hit(notice.mrid, None, outage=None, notice=notice)

    def _page(self, template: str, path: str, title: str, seen: Any = None, /, **values: Any) -> Made:
        """A page, and all that it is made of: its values, and what of the time is `seen` in it."""
        make = partial(self._frame.page, template, path, title, **values)
        return localized(path, self._language), (title, values, seen), lambda _before: make()

    def _unnamed(self, path: str, template: str, here: str | None, title: str, **values: Any) -> Made:
        """A whole page that has no address of its own; `here` is where its reader is."""
        make = partial(self._frame.page, template, here, title, **values)
        return path, (title, values), lambda _before: make()

    def _part(self, path: str, html: Markup) -> Made:
        return path, html, lambda _before: self._frame.part(html)

    def _hit(self, mrid: str, seen: Any, **values: Any) -> Made:
        def make(_before: Page | None) -> Page:
            return self._frame.part(self._frame.html("hit", **values))

        return hit_part(mrid, self._language), (values, seen), make

    def _passed(self, *outages: PublicOutage) -> tuple[tuple[bool, bool], ...]:
        return tuple(one.passed(self._board.as_of) for one in outages)

    def _home(self) -> Made:
        now = self._now[:AT_HOME]
        return self._page(
            "home",
            "/",
            self._w("home.title"),
            self._passed(*now),
            total=total_of(self._now),
            now=now,
            planned=self._ahead[:AT_HOME],
            past=[*map(self._ended, self._over[:PAST_AT_HOME])],
        )

    def _current(self) -> Iterator[Made]:
        title, total = self._w("now.title"), total_of(self._now)
        districts = by_district(self._now) if len(self._now) > ROWS else ()
        listed = {"rows": () if districts else self._now, "pages": Numbered(), "up": None}
        shown = [(one.name, one.path, one.total) for one in districts]
        yield self._page("now", "/now", title, self._passed(*self._now[:ROWS]), total=total, districts=shown, **listed)
        for name, path, of in ((one.name, one.path, one) for one in districts):
            title = self._w("now.of_district", district=name or self._w("place.unnamed"))
            for there, rows, pages in paged(of.outages, path):
                values = {"total": of.total, "rows": rows, "pages": pages, "districts": (), "up": "/now"}
                yield self._page("now", there, title, self._passed(*rows), **values)

    def _planned(self) -> Iterator[Made]:
        days = by_day(self._ahead, ZoneInfo(self._board.zone))
        shown = [(day.date, day.path, day.count) for day in days]
        for path, rows, pages in paged(self._ahead, "/planned"):
            yield self._page("planned", path, self._w("planned.title"), rows=rows, pages=pages, days=shown, up=None)
        for day in days:
            title = self._w("planned.on_day", day=self._s.day(day.date))
            for path, rows, pages in paged(day.notices, day.path):
                yield self._page("planned", path, title, rows=rows, pages=pages, days=(), up="/planned")

    def _notice(self, notice: PublicNotice) -> Made:
        path = f"/n/{notice.mrid}"
        return self._page(
            "notice",
            path,
            self._w("notice.title", id=notice.now.notice_id),
            notice=notice,
            shown=notice.now,
            state=self._s.notice_state(notice),
            was=self._s.previous(notice),
            outage=notice.mrid in self._outages,
            url=self._utility.at(localized(path, self._language)),
        )

    def _outage(self, outage: PublicOutage) -> Made:
        notice = self._notices.get(outage.notice_of or outage.mrid)
        return self._page(
            "outage",
            f"/o/{outage.mrid}",
            self._w("outage.title", id=outage.mrid),
            self._passed(outage),
            outage=outage,
            notice=(notice.mrid, notice.now.notice_id) if notice is not None else None,
            joined=outage.joined_into in self._outages,
        )

    def _fulfilment(self) -> Iterator[Made]:
        statements, title = self._board.statements, self._w("fulfilment.title")
        months = [one.month for one in statements]
        yield self._statement("/fulfilment", title, statements[0] if statements else None, months[1:])
        for one in statements:
            title = self._w("fulfilment.of_month", month=self._s.month(one.month))
            yield self._statement(
                f"/fulfilment/{one.month}", title, one, [month for month in months if month != one.month]
            )

    def _statement(self, path: str, title: str, statement: PublicStatement | None, months: list[str]) -> Made:
        asks = {row.rule_id: row.asks for row in statement.rows} if statement is not None else {}
        return self._page("fulfilment", path, title, statement=statement, months=months, asks=asks)

    def _ended(self, one: PublicOutage | PublicNotice) -> Ended:
        if isinstance(one, PublicOutage):
            began = one.began_at or ended_at(one)
            when = self._s.period(began, one.restored_at) if one.restored_at else self._s.at(began)
            outcome = self._w(f"status.{one.status}")
            return Ended(f"/o/{one.mrid}", when, self._s.where(one.places), one.outage_class, outcome)
        now = one.now
        name = f"outcome_{one.outcome}" if one.outcome else f"state_{one.state}"
        when = self._s.period(now.starts_at, now.ends_at)
        return Ended(f"/n/{one.mrid}", when, self._s.where(now.places), one.outage_class, self._w(f"notice.{name}"))

    def _sentences(self) -> Iterator[tuple[Sentence, Markup]]:
        """What the look-up says, each in its place."""
        paragraph, heading, hotline = Markup("<p>{}</p>"), Markup("<h2>{}</h2>"), self._utility.hotline
        asked, _, rest = self._w("off.asked", query="\0").partition("\0")
        query = Markup("<strong>{}</strong>").format(Markup(QUERY_MARK.decode()))  # noqa: S704 - our own mark, filled in escaped
        yield "asked", Markup("<p>{}{}{}</p>").format(asked, query, rest)
        yield "nothing", paragraph.format(self._w("off.none", hotline=hotline))
        yield "alike", heading.format(self._w("off.similar"))
        yield "more", paragraph.format(self._w("off.more"))
        yield "unclear", paragraph.format(self._w("off.unclear"))
        yield "wait", paragraph.format(self._w("off.limited", hotline=hotline))
