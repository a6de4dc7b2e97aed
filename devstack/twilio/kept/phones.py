"""Keep what every handset received and when: the ground truth that audits read.

The file is `handsets.jsonl` in the simulator's folder. It may be read while the simulator runs and after it was killed.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from devstack.twilio.kept.journal import Journal, lines

FILE_NAME = "handsets.jsonl"


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One text on one handset."""

    to: str
    sender: str
    body: str
    sid: str
    at: datetime
    """The domain's time (warped in a demo)."""
    wall: datetime
    """Real time."""
    message_id: str | None = None
    """Our own id, as the sender put it into its callback address (`n`)."""
    attempt: int | None = None
    """Our own attempt number (`a` of the callback address)."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    received: Received | None = None
    reset: bool = False


def read_handsets(folder: Path | str) -> list[Received]:
    """All texts that handsets hold, oldest first; an empty list when the folder has none.

    :param folder: what the simulator got as `--folder`.
    """
    texts: list[Received] = []
    for raw in lines(Path(folder) / FILE_NAME):
        line = msgspec.json.decode(raw, type=_Line)
        if line.reset:
            texts.clear()
        elif line.received is not None:
            texts.append(line.received)
    return texts


def read_all_handsets(folders: Iterable[Path | str]) -> list[Received]:
    """All texts that handsets got by several simulators, oldest first."""
    return sorted((text for folder in folders for text in read_handsets(folder)), key=lambda text: text.wall)


class Handsets:
    """The phones of everybody, backed by the journal."""

    def __init__(self, folder: Path) -> None:
        self._texts = read_handsets(folder)
        self._sids = {text.sid for text in self._texts}
        self._journal = Journal(folder / FILE_NAME)

    def receive(self, text: Received) -> None:
        """A text arrives; the carrier's second try after a restart does not ring twice."""
        if text.sid in self._sids:
            return
        self._journal.append(_Line(received=text))
        self._sids.add(text.sid)
        self._texts.append(text)

    def texts(self, number: str | None = None) -> list[Received]:
        """What one handset holds (all of them for None), oldest first."""
        return [text for text in self._texts if number is None or text.to == number]

    def reset(self) -> None:
        """Empties every handset; the journal keeps the history and a mark."""
        self._journal.append(_Line(reset=True))
        self._texts.clear()
        self._sids.clear()

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()
