"""A release is replaced by this one in the middle of a story, and nothing said before loses its meaning."""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from devstack.play import Play
from devstack.twilio.kept.phones import read_handsets
from operations.audit.log import OLDER
from operations.audit.report import Report
from operations.audit.run import run_audit
from operations.duty.rearm import NOT_PROMISED, Rearmed, run_rearm
from operations.system.location import find
from operations.system.services import NAMES
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, OutageStarted, SupplyRestored
from services.kernel.model import Message
from services.kernel.streams.earlier_decisions import decided_before
from tests.kits.ctl import Ctl, Said
from tests.kits.system.breakable import faults_of

UPGRADE = Path(__file__).parents[1] / "upgrade"
RELEASES = {wheel.parent.name: wheel for wheel in sorted(UPGRADE.glob("*/*.whl"))}
"""Earlier releases that databases out there may hold: the commit each was built from, with its wheel."""
OLDEST = "5caf29b"
"""All migrations lie between it and today, so in the suite it stands for the others. `make upgrades` plays each."""
PLAYED = sorted(RELEASES) if os.environ.get("OUTAGE_RELEASES") == "all" else [OLDEST]
SECONDS = 240
# Of the first half, which is run by the code of an earlier release and so is never imported here.
FAULT, DONE, NEVER = "DJ-F-0305", "DJ-P-0311", "DJ-P-0310"
INDUSTRY = Extent(lines=("10千伏工业线",), areas=("工业大道一带",), nominal_voltage=10)

pytestmark = pytest.mark.timeout(2 * SECONDS + 60)

Texts = Counter[tuple[str, str, str]]
"""How many texts were asked for, by outage, customer and occasion."""


@dataclass
class Story:
    """What could be seen on the way."""

    release: str
    before: Texts = field(default_factory=Counter)
    after: Texts = field(default_factory=Counter)
    open_before: Mapping[str, datetime] = field(default_factory=dict)
    """Of the restorer: the timers that the release before had armed."""
    open_after: Mapping[str, datetime] = field(default_factory=dict)
    known: Mapping[str, bool] = field(default_factory=dict)
    """By service: whether an event that the release before took is known again, were its inbox pruned."""
    cited: Mapping[str, set[bool]] = field(default_factory=dict)
    """By service: whether causes are citations from which the pair can be read, over all events at the end."""
    noticed_ends: list[tuple[str, datetime]] = field(default_factory=list)
    quarantined: list[int] = field(default_factory=list)
    between: Report = field(default_factory=Report)
    rearmed: Mapping[str, Rearmed] = field(default_factory=dict)
    again: Mapping[str, Rearmed] = field(default_factory=dict)
    reviewed: Report = field(default_factory=Report)
    end: Report = field(default_factory=Report)
    promises: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    words: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Of the notifier's promises of words: customer, obligation, and what was said of it."""
    screens: Mapping[str, Said] = field(default_factory=dict)
    """By command, what people see of what the release before had written."""
    handsets: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026 in the city's own time."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_both_halves_speak_of_the_same_outages() -> None:
    first = (UPGRADE / "first_half.py").read_text(encoding="utf-8")
    assert f'FAULT, DONE, NEVER = "{FAULT}", "{DONE}", "{NEVER}"' in first
    assert f'INDUSTRY = Extent(lines=("{INDUSTRY.lines[0]}",), areas=("{INDUSTRY.areas[0]}",)' in first


def play_first_half(code: Path, folder: Path) -> None:
    """By the release before, in processes of its own that see none of this code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    ended = subprocess.run(
        [sys.executable, str(UPGRADE / "first_half.py"), str(folder)],
        cwd=code,
        env=environment | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]


async def texts(play: Play) -> Texts:
    rows = await play.logs["notifier"].fetch("select data from event where type = 'message.requested.v1'")
    said = [json.loads(row["data"]) for row in rows]
    return Counter((mrid, one["customerId"], one["trigger"]) for one in said for mrid in one["mrids"])


async def timers(play: Play, service: str) -> dict[str, datetime]:
    rows = await play.logs[service].fetch("select timer_id, due_at from timer")
    return {row["timer_id"]: row["due_at"] for row in rows}


async def play_second_half(folder: Path, release: str) -> Story:
    story, where = Story(release), find(folder, {})
    async with Play(folder, at(5, 4, 40)) as play:
        play.told = 1_000  # the numbers of the first half are taken
        await play.settle()
        where = find(folder, {})
        story.before, story.open_before = await texts(play), await timers(play, "restorer")
        for name in NAMES:
            count = await play.logs[name].fetchval("select count(*) from quarantine where state = 'open'")
            story.quarantined.append(count)
        story.known = {name: await known_again(play.logs[name]) for name in NAMES}
        story.between = await run_audit(where, NAMES)
        story.rearmed = {one.service: one for one in await run_rearm(where, NAMES, "upgrade")}
        story.again = {one.service: one for one in await run_rearm(where, NAMES, "upgrade")}
        await play.settle()
        story.open_after = await timers(play, "restorer")
        planned = await timers(play, "planner")
        story.noticed_ends = sorted((name, due) for name, due in planned.items() if name.endswith("#noticed-end"))
        story.reviewed = await run_audit(where, NAMES)
        await mend_the_fault(play)
        await carry_out_the_plan(play)
        await play.until(at(13, 12))
        story.after = await texts(play)
        await read_the_end(play, story)
        story.words = await promised_words(play)
        story.screens = await screens(play, folder)
        story.end = await run_audit(where, NAMES, with_kafka=True)
    story.handsets = [text.message_id or "" for text in read_handsets(folder / "twilio")]
    return story


async def known_again(log: asyncpg.Connection) -> bool:
    """Whether the first event that the release before took from Kafka would be found in the log, were its inbox pruned."""
    row = await log.fetchrow(
        "select e.stream_id, i.source, i.id from event e join inbox i on e.cause = i.source || '/' || i.id "
        "where not e.paired and i.topic is not null order by e.position limit 1"
    )
    message = Message(
        row["source"], row["id"], "", at(5, 4), CrewStatus(mrid="-", crew_status="arrived", at=at(5, 4)), "", 0
    )
    pruning = log.transaction()
    await pruning.start()
    await log.execute("insert into pruned values ('outage.dispatch', 0, 0, $1)", at(5, 4))
    found = await decided_before(log, [(row["stream_id"], message)])
    await pruning.rollback()
    return bool(found)


async def mend_the_fault(play: Play) -> None:
    await play.until(at(5, 5))
    await play.tell(CrewStatus(mrid=FAULT, crew_status="arrived", at=at(5, 5), crew_id="抢修二班"))
    await play.until(at(5, 6, 18))
    await play.tell(SupplyRestored(mrid=FAULT, restored_at=at(5, 6, 18)))


async def carry_out_the_plan(play: Play) -> None:
    await play.until(at(11, 8))
    await play.tell(OutageStarted(mrid=DONE, outage_class="planned", started_at=at(11, 8), extent=INDUSTRY))
    await play.until(at(11, 16, 20))
    await play.tell(SupplyRestored(mrid=DONE, restored_at=at(11, 16, 20)))


async def read_the_end(play: Play, story: Story) -> None:
    view: dict[str, Any] = json.loads(
        await play.logs["restorer"].fetchval("select view from live where stream_id = $1", f"outage/{FAULT}")
    )
    story.promises = {one["ruleId"]: one["state"] for one in view["promises"]}
    closed = await play.logs["planner"].fetch("select data from event where type = 'notice.closed.v1'")
    story.outcomes = {one["mRID"]: one["outcome"] for one in (json.loads(row["data"]) for row in closed)}
    asked = "select data->>'action' as action from event where type = 'operator.requested.v1' order by position"
    rows = await play.logs["planner"].fetch(asked)
    story.actions = [row["action"] for row in rows]
    story.cited = {
        name: {row["paired"] for row in await play.logs[name].fetch("select distinct paired from event")}
        for name in NAMES
    }


async def promised_words(play: Play) -> Counter[tuple[str, str, str]]:
    rows = await play.logs["notifier"].fetch(
        "select type, data from event where starts_with(type, 'promise.') and starts_with(stream_id, 'customer/') order by position"
    )
    of: dict[str, tuple[str, str]] = {}
    found: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        said = json.loads(row["data"])
        if row["type"] == "promise.made.v1":
            of[said["promiseId"]] = (said["customerId"], said["obligation"])
        found[*of[said["promiseId"]], row["type"].removeprefix("promise.").removesuffix(".v1")] += 1
    return found


async def screens(play: Play, folder: Path) -> Mapping[str, Said]:
    """Outage, customer and text of the first half, as operators look at them."""
    first = await play.logs["notifier"].fetchval(
        "select data->>'messageId' from event where type = 'message.requested.v1' order by position limit 1"
    )
    ctl = Ctl().on(folder)
    asked = (("show", "outage", FAULT), ("show", "customer", "DJ-0001"), ("show", "message", first))
    return {" ".join(words[:2]): await ctl.said(*words) for words in asked}


@pytest.fixture(scope="module", params=PLAYED)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("upgrade")
    with zipfile.ZipFile(RELEASES[request.param]) as wheel:
        wheel.extractall(folder / "before")
    play_first_half(folder / "before", folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OUTAGE_")]:
            patch.delenv(name)
        patch.setenv("OUTAGE_OPERATOR", "night shift")
        return asyncio.run(play_second_half(folder / "data", request.param))


def test_the_story_was_under_way_when_the_release_was_replaced(story: Story) -> None:
    assert story.before == {
        (DONE, "DJ-0002", "planned-notice"): 1,
        (DONE, "DJ-0005", "planned-notice"): 1,
        (NEVER, "DJ-0003", "planned-notice"): 1,
        **{(FAULT, name, "fault"): 1 for name in ("DJ-0001", "DJ-0002", "DJ-0004")},
        **{(FAULT, name, "ert-overdue"): 1 for name in ("DJ-0001", "DJ-0002", "DJ-0004")},
    }
    assert f"outage/{FAULT}#promise/{FAULT}/cn.restore.one-working-day/1/due" in story.open_before
    assert story.quarantined == [1, 1, 1]


def test_an_audit_before_the_review_finds_no_fault_and_says_what_is_to_be_reviewed(story: Story) -> None:
    assert faults_of(story.between) == {}
    left = {check.service for check in story.between.checks if check.notes.get(OLDER)}
    # Its planner showed other things of a notice than today's; of a later one's views some may be as today's would be.
    assert "planner" in left or story.release != "5caf29b"


def test_after_the_review_nothing_is_left_of_the_release_before(story: Story) -> None:
    assert faults_of(story.reviewed) == {}
    assert [check.claim for check in story.reviewed.checks if check.notes.get(OLDER)] == []
    # All but the task about what was set aside, and the months of the promises, where this version had opened them by then.
    for name, opened_since in (("planner", 1), ("restorer", 3)):
        done = story.rearmed[name]
        assert done.behind >= 1
        assert 0 <= done.total - done.behind <= opened_since
        assert done.total > 1
    assert {one.service: one.behind for one in story.again.values()} == dict.fromkeys(NAMES, 0)
    assert story.actions == ["rearm", "rearm"]


def test_what_the_release_before_took_is_known_for_ever_and_what_is_taken_now_names_its_pair(story: Story) -> None:
    assert story.known == dict.fromkeys(NAMES, True)
    assert story.cited == {name: {False, True} for name in NAMES}


def test_the_same_rules_and_calendar_move_no_deadline(story: Story) -> None:
    assert [one for each in story.rearmed.values() for one in each.moves if one.why != NOT_PROMISED] == []
    # What the release before did not watch for: an outage of which nobody says that it is over.
    watched = {name: due for name, due in story.open_after.items() if name.endswith("#unheard")}
    assert watched.keys() == {"outage/DJ-F-0305#unheard"}
    assert story.open_after == story.open_before | watched


def test_words_that_customers_wait_for_are_promised_by_the_review_and_given(story: Story) -> None:
    told = ("DJ-0001", "DJ-0002", "DJ-0004")
    found = [one for each in story.rearmed.values() for one in each.moves if one.why == NOT_PROMISED]
    assert sorted(one.stream for one in found) == [f"customer/{name}" for name in told]
    for name in told:
        assert story.words[name, "next-word", "kept"] >= 1
        assert story.words[name, "restored-word", "kept"] >= 1
    # Who knew already that power is off, from the release before, is owed no word that it is.
    assert not [what for what in story.words if what[1] == "first-word"]
    assert not [what for what in story.words if what[2] in ("broken", "at-risk")]


def test_people_see_what_the_release_before_has_written(story: Story) -> None:
    for command, said in story.screens.items():
        assert said.code == 0, f"{command}: {said.err}"
    assert "DJ-0001" in story.screens["show outage"].out


def test_notices_of_the_release_before_are_watched_to_their_end(story: Story) -> None:
    assert story.noticed_ends == [
        (f"outage/{NEVER}#noticed-end", at(10, 16).astimezone(UTC)),
        (f"outage/{DONE}#noticed-end", at(11, 17).astimezone(UTC)),
    ]
    assert story.outcomes == {NEVER: "not-carried-out", DONE: "carried-out"}


def test_promises_made_before_are_judged_after(story: Story) -> None:
    assert story.promises["cn.fault.crew-45min"] == "broken"
    assert story.promises["cn.restore.one-working-day"] == "kept"
    assert set(story.promises.values()) <= {"kept", "broken", "voided"}


def test_whoever_was_told_before_hears_the_end_and_nobody_hears_anything_twice(story: Story) -> None:
    new = story.after - story.before
    assert story.before - story.after == Counter()
    assert new == {
        # The release before said when the next word would come; it comes.
        **{(FAULT, name, "fault-time-unknown"): 1 for name in ("DJ-0001", "DJ-0002", "DJ-0004")},
        **{(FAULT, name, "restored"): 1 for name in ("DJ-0001", "DJ-0002", "DJ-0004")},
        (DONE, "DJ-0002", "restored"): 1,
        (DONE, "DJ-0005", "restored"): 1,
        # Who knew of work is reminded the afternoon before; of what never began they hear that nobody reported its
        # beginning (moved), and that its time is over (cancelled).
        **{(DONE, name, "planned-notice"): 1 for name in ("DJ-0002", "DJ-0005")},
        **{(NEVER, "DJ-0003", trigger): 1 for trigger in ("planned-notice", "moved", "cancelled")},
    }
    assert len(story.handsets) == len(set(story.handsets)) == story.after.total()


def test_the_whole_log_of_both_releases_passes_the_audit(story: Story) -> None:
    assert faults_of(story.end) == {}
    assert story.end.passed
