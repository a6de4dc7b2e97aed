"""The utility's own days from a file: counted where they are right, refused with their line where they are not."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.policy import PolicyError, deadline, load_policy, policy_path, working_calendar
from services.policy.calendar import CalendarError, WorkingCalendar
from services.policy.settings import PolicySettings

TODAY = date(2026, 11, 27)
KNOWN = WorkingCalendar().announced_through or 0
NEXT = KNOWN + 1
IN_TIME = date(KNOWN, 11, 27)  # in the weeks between a notice and the package that has it

FULL = """\
closures = [
  2026-03-09, # stocktaking
  2026-03-10,
]
workdays = [2026-03-14] # in place of the 9th
"""

Load = Callable[..., WorkingCalendar]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def _load(text: str, country: str = "CN", today: date = TODAY) -> WorkingCalendar:
        path = tmp_path / "calendar.toml"
        path.write_text(text, encoding="utf-8")
        return working_calendar(country, "Asia/Shanghai", path, today=today)

    return _load


def test_a_day_off_and_a_day_worked_of_the_utilitys_own_are_counted(load: Load) -> None:
    calendar = load(FULL)
    assert calendar.next_working_day(date(2026, 3, 8)).day == date(2026, 3, 11)
    assert calendar.next_working_day(date(2026, 3, 13)).day == date(2026, 3, 14)  # a Saturday
    assert calendar.is_working_day(date(2026, 2, 14)).reason == "make-up working day"


def test_a_make_up_day_of_a_notice_that_the_package_does_not_have_is_counted_and_not_provisional(load: Load) -> None:
    saturday = next(day for day in (date(NEXT, 2, n) for n in range(1, 8)) if day.weekday() == 5)
    notice = f"closures = [{NEXT}-02-08]\nworkdays = [{saturday}]\nannounced_through = {NEXT}\n"
    friday = datetime(saturday.year, saturday.month, saturday.day, 2, tzinfo=UTC) - timedelta(days=1)
    rule = load_policy(policy_path("cn-service-standard")).rule("cn.restore.one-working-day")
    before = deadline(rule, friday, WorkingCalendar())
    after = deadline(rule, friday, load(notice, today=IN_TIME))
    assert before.provisional
    assert (after.due_at, after.provisional) == (friday + timedelta(days=1), False)


def test_a_provisional_year_becomes_announced_through_the_file_but_for_its_last_days(load: Load) -> None:
    assert WorkingCalendar().is_working_day(date(NEXT, 6, 1)).provisional
    calendar = load(f"closures = [{NEXT}-01-01]\nannounced_through = {NEXT}", today=IN_TIME)
    assert calendar.announced_through == NEXT
    assert not calendar.is_working_day(date(NEXT, 6, 1)).provisional
    assert calendar.is_working_day(date(NEXT, 12, 30)).provisional


def test_own_days_alone_announce_no_year(load: Load) -> None:
    calendar = load(f"closures = [{NEXT}-06-01]", today=IN_TIME)
    assert calendar.announced_through == KNOWN
    assert calendar.is_working_day(date(NEXT, 6, 2)).provisional


def test_a_year_that_the_package_has_learnt_since_may_stay_in_the_file(load: Load) -> None:
    calendar = load(f"announced_through = {KNOWN - 1}")
    assert calendar.announced_through == KNOWN


def test_the_version_changes_with_the_days_and_not_with_the_comments(load: Load) -> None:
    version = load(FULL).version
    assert version != WorkingCalendar().version
    assert version != load(FULL.replace("2026-03-10", "2026-03-11")).version
    assert version != load(FULL.replace("workdays = [2026-03-14]", "workdays = []")).version
    assert version == load(FULL.replace("stocktaking", "盘点")).version
    assert load("").version == working_calendar("CN", "Asia/Shanghai").version == WorkingCalendar().version


def test_the_example_of_the_policies_page_loads(load: Load) -> None:
    page = (policy_path("gb").parent / "README.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "closures" in block)
    calendar = load(example)
    assert calendar.is_working_day(date(2027, 2, 6)).reason == "own working day"
    assert calendar.announced_through == max(KNOWN, 2027)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("closuers = [2026-03-09]", r"line 1: closuers: is not known here: remove it or write one of announced_thr"),
        ("[days]\nclosures = [2026-03-09]", r"line 1: days: is not known here"),
        ("closures = 2026-03-09", r"line 1: closures: 2026-03-09 is not a list: write closures = \["),
        ('closures = "2026-03-09"', r"line 1: closures: 2026-03-09 is not a list"),
        ('closures = ["2026-03-09"]', r"line 1: closures: 2026-03-09 is not a day: write 2027-02-06, without quotes"),
        ("closures = [\n2026-03-09,\n2026-03-10T08:00:00,\n]", r"line 3: closures: 2026-03-10 08:00:00 is not a day"),
        ("workdays = [7]", r"line 1: workdays: 7 is not a day"),
        ("workdays = [[2026-03-09]]", r"line 1: workdays: .* is not a day"),
        (
            "closures = [\n2026-03-09,\n2206-03-09,\n]",
            r"line 3: closures: 2206-03-09 is before 2020, or in more than 2",
        ),
        ("closures = [\n2026-03-09,\n0226-03-09,\n]", r"line 3: closures: 0226-03-09 .*: correct the year"),
        ("closures = [\n2026-03-09, # 2026-03-09\n2026-03-09,\n]", r"line 3: closures: 2026-03-09 stands here twice"),
        (FULL.replace("03-14", "03-10"), r"line 5: workdays: 2026-03-10 is in closures too: a day is off or worked"),
        (
            "announced_through = 2029",
            r"line 1: announced_through: 2029 is before 2020, or not announced yet .*up to 2027",
        ),
        ("announced_through = 2019", r"line 1: announced_through: 2019"),
        ('announced_through = "2027"', r"line 1: announced_through: '2027' is not a whole number"),
        ("announced_through = true", r"line 1: announced_through: True is not a whole number"),
        ("announced_through = 2026-01-01", r"line 1: announced_through: .* is not a whole number"),
        ("closures = [2026-03-09", r"is not TOML in UTF-8: .*correct that place"),
        ("closures = [2026-02-30]", r"is not TOML in UTF-8"),
        ("closures = [2026-03-09]\nclosures = []", r"is not TOML in UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_with_line_key_and_remedy(load: Load, text: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint) as refusal:
        load(text)
    assert "calendar.toml" in str(refusal.value)


def test_a_year_called_announced_without_a_day_off_in_it_is_not_believed(load: Load) -> None:
    text = f"workdays = [{NEXT}-02-06]\nannounced_through = {NEXT}"
    with pytest.raises(
        PolicyError, match=rf"line 2: .*{NEXT} asks for the days of {NEXT}, and closures has none: copy"
    ):
        load(text, today=IN_TIME)


def test_a_country_that_moves_no_days_has_no_year_to_announce(load: Load) -> None:
    assert not load("closures = [2026-04-07]", "GB").is_working_day(date(2026, 4, 7))
    with pytest.raises(PolicyError, match="GB does not announce its working days year by year: remove it"):
        load("announced_through = 2027", "GB")


def test_closures_without_end_are_refused_at_the_start_not_when_somebody_counts(load: Load) -> None:
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(70)]
    lines = ",\n".join(map(str, days))
    with pytest.raises(PolicyError, match=r"line 6\d: closures: 2026-0\d-\d\d ends 61 days without work"):
        load(f"closures = [\n{lines},\n]")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"absent\.toml: cannot be read .*: give the path of a calendar file"):
        working_calendar("CN", "Asia/Shanghai", tmp_path / "absent.toml")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("OUTAGE_POSTGRES", "postgresql://127.0.0.1:1/x")
    for name in ("OUTAGE_POLICY", "OUTAGE_CALENDAR_COUNTRY", "OUTAGE_ZONE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OUTAGE_CALENDAR_FILE", str(tmp_path / "calendar.toml"))
    return monkeypatch


def test_the_setting_names_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "calendar.toml").write_text(FULL, encoding="utf-8")
    _, calendar = PolicySettings.load().rules()
    assert not calendar.is_working_day(date(2026, 3, 9))
    environment.setenv("OUTAGE_CALENDAR_FILE", "")
    assert PolicySettings.load().rules()[1].version == WorkingCalendar().version


@pytest.mark.parametrize("name", ["planner", "restorer"])
def test_a_service_with_a_wrong_file_says_why_and_ends_with_78(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    del environment
    (tmp_path / "calendar.toml").write_text("closures = [2026-03-09, 2026-03-09]", encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        _run(name)
    assert end.value.code == 78
    assert "calendar.toml, line 1: closures: 2026-03-09 stands here twice: remove one" in capsys.readouterr().err


def test_a_service_for_a_country_without_calendar_says_so_and_ends_with_78(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("OUTAGE_CALENDAR_COUNTRY", "ZZ")
    with pytest.raises(SystemExit) as end:
        _run("restorer")
    assert end.value.code == 78
    assert "no calendar for country 'ZZ'" in capsys.readouterr().err


def _run(name: str) -> None:
    from importlib import import_module  # noqa: PLC0415 - services are loaded by name, as their processes do

    import_module(f"services.{name}.app").run()


def test_a_country_without_calendar_is_the_callers_mistake_with_or_without_a_file(load: Load) -> None:
    with pytest.raises(CalendarError, match="ISO 3166"):
        load(FULL, "ZZ")
