"""Say an outage or a notice in a title and a few lines of plain text, for readers that show no page."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from markupsafe import Markup

from services.board.domain.public import Board, PublicNotice, PublicOutage, PublicPlaces
from services.board.pages.saying import Saying
from services.board.pages.words import words_of


class FeedWords:
    """The words of one language."""

    def __init__(self, board: Board, language: str) -> None:
        self.language = language
        self.say = words_of(language)
        self.saying = Saying(self.say, board.as_of, ZoneInfo(board.zone))

    def where(self, places: PublicPlaces) -> str:
        """Where, as plain text."""
        return _plain(self.saying.where(places))

    def outage_title(self, outage: PublicOutage) -> str:
        """故障停电,中山路一带: 正在抢修."""
        status = self.say(f"status.{self.saying.status(outage).word}")
        return f"{self.say(f'kind.{outage.outage_class}')}: {self.where(outage.places)}, {status}"

    def outage(self, outage: PublicOutage) -> str:
        """What its page says first, a field a line."""
        return "\n".join(f"{label}: {said}" for label, said in self._outage(outage))

    def _outage(self, outage: PublicOutage) -> Iterator[tuple[str, str]]:
        yield self.say("outage.status"), self.say(f"status.{self.saying.status(outage).word}")
        if outage.began_at is not None:
            yield self.say("outage.since"), self.saying.at(outage.began_at)
        if outage.status != "withdrawn":
            yield self.say("outage.expected"), self.saying.expected(outage)
            yield self.say("outage.customers"), self.saying.count(outage.count)
        yield from self._places("outage", outage.places)
        if outage.cause:
            yield self.say("outage.cause"), outage.cause

    def notice_title(self, notice: PublicNotice) -> str:
        """计划检修停电,工业大道一带: 3月11日08:00至17:00."""
        now, state = notice.now, self.saying.notice_state(notice)
        when = self.saying.period(now.starts_at, now.ends_at)
        said = f"{self.say(f'kind.{notice.outage_class}')}: {self.where(now.places)}, {when}"
        return said if state == "in-force" else f"{said} ({self.say(f'notice.state_{state}')})"

    def notice(self, notice: PublicNotice) -> str:
        """What its page says first, a field a line."""
        return "\n".join(f"{label}: {said}" for label, said in self._notice(notice))

    def _notice(self, notice: PublicNotice) -> Iterator[tuple[str, str]]:
        now, was = notice.now, self.saying.previous(notice)
        yield self.say("notice.kind"), self.say(f"kind.{notice.outage_class}")
        yield self.say("notice.period"), self.saying.period(now.starts_at, now.ends_at)
        if was is not None:
            yield self.say("notice.previously"), self.saying.period(was.starts_at, was.ends_at)
        yield from self._places("notice", now.places)
        if now.reason:
            yield self.say("notice.reason"), now.reason
        if notice.outcome:
            yield self.say("notice.outcome"), self.say(f"notice.outcome_{notice.outcome}")
        elif notice.state == "withdrawn":
            yield self.say("notice.outcome"), self.say("notice.withdrawn")

    def _places(self, table: str, places: PublicPlaces) -> Iterator[tuple[str, str]]:
        for key, names in (("areas", places.areas), ("lines", places.lines), ("transformers", places.transformers)):
            if names:
                yield self.say(f"{table}.{key}"), _plain(self.saying.names(names, 20))


def _plain(html: Markup) -> str:
    return html.striptags()
