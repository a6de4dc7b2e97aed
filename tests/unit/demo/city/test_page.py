"""docs/demo.md: what of a run stands on the page, and what of it two runs must have in common."""

from demo.city.page import FOLDER, masked, of_page, page, told

RUN = """\
Ten days
Setting up, all on this machine
  PostgreSQL 18: answers on 127.0.0.1:26212 after 0.0 s
  everything runs after 5 s

Thu 5 March 2026
  02:14  operations the notifier is back after 2.5 s and goes on
         │ call 95598, ref F88A7. 编号4WXYB。
The audit (outagectl audit)
what must be so ┃ planner
log             │    ✓ 24
It took 18 s. The figures: build/a/data/report.json
  outagectl up --data build/a/data
"""


def test_the_page_holds_the_story_and_not_how_it_was_set_up() -> None:
    made = page(RUN, "build/a/data")
    assert made.startswith("# The demo\n")
    assert "02:14" in made
    assert f"outagectl up --data {FOLDER}" in made
    assert "PostgreSQL 18" not in made
    assert "everything runs" not in made
    assert made.endswith("```\n")


def test_a_run_elsewhere_that_took_longer_is_the_same_story() -> None:
    slower = RUN.replace("2.5 s", "12.0 s").replace("18 s", "91 s").replace("F88A7", "0JZNP").replace("4WXYB", "SMSHZ")
    elsewhere = slower.replace("build/a/data", "elsewhere/b").replace("│    ✓ 24", "│ ✓ 1,024")
    assert masked(told(elsewhere), "elsewhere/b") == masked(of_page(page(RUN, "build/a/data")))


def test_another_time_of_the_days_is_another_story() -> None:
    assert masked(told(RUN.replace("02:14", "02:15"))) != masked(told(RUN))


def test_a_check_that_did_not_pass_is_another_story() -> None:
    assert masked(told(RUN.replace("✓ 24", "✗ 1"))) != masked(told(RUN))


KILLED = """\
  02:14  operations the notifier was killed (kill -9) the moment Kafka had these facts
         notifier   texts 3 key customers: “the power is off”
  02:15  operations nothing was lost: 4 texts were due, 4 are on the handsets, none of them twice
  14:00  notifier   texts the school
"""
FOUND = """\
         notifier   knows from Twilio's receipt that the text to Li Xiuying was created after all:
                    it is not sent again
"""


def test_whether_a_text_was_under_way_when_the_process_was_killed_is_the_machines_doing() -> None:
    for folded in (
        FOUND,
        FOUND.replace("after all:\n                    it is", "after\n                    all: it is"),
    ):
        with_one = KILLED.replace("  02:15", folded + "  02:15")
        assert with_one != KILLED
        assert masked(with_one) == masked(KILLED)


RECEIPTS = """\
         notifier   has receipts: 2 texts delivered (the hospital, Li Xiuying)
"""


def test_which_text_goes_first_after_a_kill_and_which_receipts_come_together_is_the_machines_doing() -> None:
    texts, other = "         notifier   texts 3 key", "         notifier   texts the works: “one supply is off”\n"
    one = KILLED.replace(texts, other + texts)
    two = KILLED.replace("  02:15", other + RECEIPTS + "  02:15")
    assert one != two
    assert masked(one) == masked(two)
    assert masked(one) != masked(KILLED), "a text more is another story"


def test_a_text_found_again_without_a_kill_belongs_to_the_story() -> None:
    assert masked(KILLED + FOUND) != masked(KILLED)
