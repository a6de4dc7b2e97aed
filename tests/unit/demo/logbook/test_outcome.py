"""What a log book's days came to, joined from the services' live views and from what the log says."""

from datetime import datetime
from typing import Any

import msgspec

from demo.logbook.news import News
from demo.logbook.outcome import outcome
from tests.kits.deciders import planner, restorer
from tests.kits.logbook import entry


class Log:
    """A service's database, as far as it is asked."""

    def __init__(self, views: dict[str, Any], texts: list[dict[str, Any]] | None = None) -> None:
        self._views, self._texts = views, texts or []

    async def fetch(self, query: str) -> list[dict[str, Any]]:
        if "notification" in query:
            return self._texts
        return [
            {"stream_id": f"outage/{mrid}", "view": msgspec.json.encode(view).decode()}
            for mrid, view in self._views.items()
        ]


async def test_a_plan_and_a_fault_stand_side_by_side_with_what_was_asked_and_what_was_shown() -> None:
    work, fault = planner.Stream(), restorer.Outage()
    request = planner.request()
    work.hears_all([request])
    fault.hears_all(restorer.started(extent=restorer.EAST), restorer.restored("11:00"))
    news = News(
        [
            entry("planned.requested.v1", msgspec.to_builtins(request), service="planner"),
            entry("outage.started.v1", {"mRID": "outage-1", "startedAt": "2026-03-05T09:12:00+08:00"}),
        ]
    )
    logs: Any = {
        "planner": Log({planner.MRID: planner.PLANNER.view(work.state)}),
        "restorer": Log({"outage-1": fault.view}),
        "notifier": Log({}, [{"trigger": "fault", "state": "delivered", "n": 2, "first": None}]),
    }
    report = msgspec.json.decode(msgspec.json.encode((await outcome(logs, news)).report(news)))
    by_mrid = {one["mRID"]: one for one in report["outages"]}
    cut, plan = by_mrid["outage-1"], by_mrid[planner.MRID]
    assert (cut["outageClass"], cut["places"], cut["plannedPeriod"]) == ("fault", "10千伏城东线, 中山路一带", None)
    assert datetime.fromisoformat(cut["restoredAt"]) == restorer.at("11:00")
    assert plan["noticeId"] == work.state.notice.notice_id  # type: ignore[union-attr]
    assert (plan["outageClass"], plan["startedAt"], plan["rejectedFor"]) == ("planned", None, [])
    assert report["messagesByTrigger"] == {"fault": 2}
