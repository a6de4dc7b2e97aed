"""What the promise to tell the public rests on, as the file says it, and what holds where it says nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.policy import Policy, PolicyError, load_policy, policy_path
from services.policy.model import PublicNoticePolicy
from tests.kits.ctl import Ctl

SHIPPED = policy_path("cn-service-standard").read_text(encoding="utf-8")
BEGINS, ENDS = SHIPPED.index("\n[settings.public_notice]"), SHIPPED.index("\n[settings.approval]")


def saying(folder: Path, *lines: str) -> Policy:
    """The shipped regime, with these lines as its [settings.public_notice]."""
    file = folder / "own.toml"
    table = "\n".join(["\n[settings.public_notice]", *lines, ""]) if lines else ""
    file.write_text(SHIPPED[:BEGINS] + table + SHIPPED[ENDS:], encoding="utf-8")
    return load_policy(file)


def test_the_shipped_file_says_what_the_product_would_say_itself(tmp_path: Path) -> None:
    assert load_policy(policy_path("cn-service-standard")).settings.public_notice == PublicNoticePolicy()
    assert saying(tmp_path).settings.public_notice == PublicNoticePolicy()


@pytest.mark.parametrize("regime", sorted(path.stem for path in policy_path("x").parent.glob("*.toml")))
def test_where_no_board_is_known_of_a_notice_counts_when_it_is_published(regime: str) -> None:
    assert load_policy(policy_path(regime)).settings.public_notice.channels == frozenset()


def test_the_channels_that_count_are_named(tmp_path: Path) -> None:
    found = saying(tmp_path, 'counted_by = ["board", "newspaper"]', 'unread_most = "2 hours"').settings.public_notice
    assert found.channels == {"board", "newspaper"}
    assert (found.unread_most, found.shown_within) == (timedelta(hours=2), timedelta(minutes=30))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('counted_by = "board"', "counted_by: 'board' is not a list of one to eight channels"),
        ("counted_by = []", "counted_by: [] is not a list of one to eight channels"),
        ('counted_by = ["The Board"]', "counted_by: 'The Board' is no name of a channel"),
        ('counted_by = ["board", "board"]', "counted_by: a channel is named twice"),
        ('counted_by = ["published", "board"]', 'counted_by: "published" stands beside a channel'),
        ('proof_holds = "0 minutes"', "proof_holds: nobody looks as often"),
        ('shown_within = "0 minutes"', "shown_within: nobody looks as often"),
        ("channels = 3", "channels: is not known here"),
    ],
)
def test_what_makes_no_sense_does_not_load_and_says_why(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        saying(tmp_path, line)
    assert complaint in str(refused.value)


def test_the_command_says_what_it_rests_on(tmp_path: Path) -> None:
    said = " ".join(Ctl().here("policy", "show", "cn-service-standard").out.split())
    assert "counts as told when the notice is published" in said
    saying(tmp_path, 'counted_by = ["board"]')
    own = " ".join(Ctl().here("policy", "show", str(tmp_path / "own.toml")).out.split())
    assert "counts as told when it could read the notice on the public board" in own
