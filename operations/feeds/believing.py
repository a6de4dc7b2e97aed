"""Take a person's word on a list that is not believed: left beside the state, for the process that holds it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from connectors.feeds.state import VanishedOutages
from operations.errors import NotFound, Refused
from operations.feeds.kept_form import KeptFeed, damaged
from operations.system.whole_files import write_whole

BELIEVED = ".believed"


class BelievedList(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word on the list that is not believed: beside the state, for the process that holds it."""

    since: datetime
    by: str


def question_in(path: Path) -> VanishedOutages:
    """The list that is not believed, as a running poller keeps it; whose feed it is does not matter.

    Raises:
        NotFound, Refused: there is no state, it is damaged, or no question stands in it.

    """

    class Asked(msgspec.Struct):
        vanished: VanishedOutages | None = None

    try:
        state = msgspec.json.decode(path.read_bytes(), type=KeptFeed)
        asked = msgspec.json.decode(state.feed, type=Asked).vanished
    except FileNotFoundError:
        raise NotFound(f"there is no state {path}: name the file that the poller keeps, with --state") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(damaged(path, error)) from None
    if asked is None:
        raise Refused(f"no list is in question in {path}: there is nothing to believe")
    return asked


def leave_word(path: Path, question: VanishedOutages, by: str) -> None:
    """Leave a person's word for the poller: the outages that vanished are over.

    Raises:
        Refused: it cannot be written.

    """
    try:
        write_whole(
            path.with_name(path.name + BELIEVED), msgspec.json.encode(BelievedList(since=question.since, by=by))
        )
    except OSError as error:
        raise Refused(f"the word cannot be left beside {path} ({error.strerror})") from None


def word_on(path: Path, question: VanishedOutages) -> BelievedList | None:
    """The word that was left on this question; one on an earlier question is none."""
    try:
        word = msgspec.json.decode(path.with_name(path.name + BELIEVED).read_bytes(), type=BelievedList)
    except (OSError, msgspec.MsgspecError):
        return None
    return word if word.since == question.since else None


def forget_word(path: Path) -> None:
    """It was acted on."""
    path.with_name(path.name + BELIEVED).unlink(missing_ok=True)
