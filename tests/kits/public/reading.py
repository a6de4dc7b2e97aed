"""A planner under a policy by which a board must have shown a notice, and what such a board says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.kernel.model import Decision, Message
from services.planner.domain.decider import PlannerOutage
from services.policy import Policy
from services.policy.model import PublicNoticePolicy
from tests.kits.deciders.planner import CALENDAR, MRID, NOW, POLICY, Stream, at, request

FIGURES: Final = PublicNoticePolicy(counted_by=("board",))
PUBLIC: Final = "cn.planned.public-notice"
DUE: Final = at("2026-03-05 00:00")
"""By when the public must be told of work on 12 March: seven whole days lie between."""


def counting(*channels: str, **figures: Any) -> Policy:
    """The standard, where these channels count."""
    chosen = replace(FIGURES, counted_by=channels, **figures)
    return replace(POLICY, settings=replace(POLICY.settings, public_notice=chosen))


def planner(*channels: str, **figures: Any) -> PlannerOutage:
    return PlannerOutage(counting(*(channels or ("board",)), **figures), CALENDAR)


class PublicStream(Stream):
    """Work whose notice counts once a channel has shown it. Facts of a channel were recorded two seconds after they happened."""

    def __init__(self, *channels: str, **figures: Any) -> None:
        super().__init__(planner(*channels, **figures))

    def noticed(self, **more: Any) -> PublicStream:
        """A lawful plan is asked for, and its notice published."""
        self.hears(request(**more))
        return self

    def shows(
        self,
        when: datetime,
        *,
        version: int | None = None,
        words: str | None = None,
        channel: str = "board",
        said: datetime | None = None,
    ) -> Decision:
        """A channel read the notice at `when` (as it says: `said`); of another version, or other words, where they are given."""
        number = self.state.version if version is None else version
        notices = [*(past.notice for past in self.state.past), *([self.state.notice] if self.state.notice else [])]
        digest = next((one.digest for one in notices if one.version == number), "0" * 64)
        fact = NoticeShown(
            mrid=MRID,
            notice_id=f"{MRID}/{number}",
            version=number,
            channel=channel,
            digest=words or digest,
            shown_at=said or when,
        )
        recorded = when + timedelta(seconds=2)
        return self.hears(fact, recorded, recorded=recorded)

    def shows_hourly(self, start: datetime, end: datetime) -> None:
        """Every hour from `start` on, before `end`."""
        while start < end:
            self.shows(start)
            start += timedelta(hours=1)

    def unreadable(self, since: datetime, until: datetime, *, channel: str = "board") -> Decision:
        fact = NoticeUnreadable(
            mrid=MRID,
            notice_id=f"{MRID}/{self.state.version}",
            channel=channel,
            since=since,
            until=until,
            reason="http-503",
        )
        return self.hears(fact, until, recorded=until)

    def takes(self, message: Message, now: datetime) -> Decision:
        """Any message, as it is."""
        return self._decide(message, None, now)

    def told(self) -> list[tuple[str, str | None]]:
        """How the promises to tell the public stand, and why."""
        records = self.state.promises.by_id()
        return [(one.standing, one.reason) for one in records if one.obligation == "public-told-in-time"]

    def due(self) -> Decision:
        """The deadline of telling comes."""
        return self.fire(f"told/{MRID}/{self.state.version}/{PUBLIC}")


SOON: Final = NOW + timedelta(seconds=20)
"""When a board has it."""
