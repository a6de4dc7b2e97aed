"""The form of a case: inputs to a running system and what must then be seen, as one JSON file.

```json
{"files": {"customers.csv": "…", "contacts.csv": "…"}, "encoding": "utf-8", "env": {"OUTAGE_ZONE": "Europe/London"},
 "faults": [{"kind": "refuse", "code": 21211}], "steps": [{"events": [{"type": "outage.started.v1", "data": {}}], "wait_s": 8}],
 "expect": [{"run": ["explain", "Z1"], "within_s": 30, "contains": ["…"], "lacks": ["…"], "exit": 0}]}
```

`{now}`, `{now-10m}`, `{now+2h}` (s, m, h, d) become instants of the moment they are written, with the utility's offset;
`{localZ}` is local time wrongly labelled Z. Other keys (source, right, seen) are for people.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

ZONE = ZoneInfo("Asia/Shanghai")
LOCAL = "{localZ}"
_PLACEHOLDER = re.compile(r"\{now(?:([+-])(\d+)([smhd]))?\}|\{localZ\}")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class CaseError(Exception):
    """The file is no case that can be run; the message says what is wrong with it."""


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a command must print, polled until it does or `within_s` seconds are over."""

    run: tuple[str, ...]
    within_s: float = 30.0
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    exit: int | None = None


class CaseStep(msgspec.Struct, frozen=True):
    """Events that are sent together, and how long nothing is looked at afterwards."""

    events: tuple[dict[str, Any], ...] = ()
    wait_s: float = 0.0


class Case(msgspec.Struct, frozen=True):
    """One file."""

    files: dict[str, str] = {}
    encoding: str = "utf-8"
    env: dict[str, str] = {}
    faults: tuple[dict[str, Any], ...] = ()
    steps: tuple[CaseStep, ...] = ()
    expect: tuple[Expect, ...] = ()


@dataclass(frozen=True)
class Named:
    """A case and what its file is called."""

    name: str
    case: Case

    @property
    def needs_a_system(self) -> bool:
        """Whether anything runs beside the commands: not where each of them works without, or starts its own."""
        case = self.case
        alone = all(expect.run[:1] in {("up",), ("policy",)} or "--offline" in expect.run for expect in case.expect)
        return bool(case.faults) or not alone

    @property
    def needs_its_own(self) -> bool:
        """Whether its settings or faults would change what other cases see."""
        return bool(self.case.env or self.case.faults or self.tells_local_time)

    @property
    def waits_s(self) -> float:
        """For how long it only waits, in seconds."""
        return sum(step.wait_s for step in self.case.steps)

    @property
    def tells_local_time(self) -> bool:
        """Whether the utility's own zone is what it is about."""
        return LOCAL in msgspec.json.encode(self.case).decode()


def read(path: Path) -> Named:
    """The case of a file.

    Raises:
        CaseError: it is not of the form, or expects nothing.

    """
    try:
        case = msgspec.json.decode(path.read_bytes(), type=Case)
    except (OSError, msgspec.MsgspecError) as error:
        raise CaseError(f"{path.name}: {error}") from None
    if not case.expect:
        raise CaseError(f"{path.name}: it expects nothing, so nothing of it can be right: give `expect`")
    return Named(path.stem, case)


def instants(text: str, now: datetime) -> str:
    """`text` with its placeholders as instants."""

    def told(match: "re.Match[str]") -> str:
        local = now.astimezone(ZONE).replace(microsecond=0)
        if match.group() == LOCAL:
            return local.replace(tzinfo=None).isoformat() + "Z"
        if match.group(1):
            moved = timedelta(**{_UNITS[match.group(3)]: int(match.group(2))})
            local = local + moved if match.group(1) == "+" else local - moved
        return local.isoformat()

    return _PLACEHOLDER.sub(told, text)


def write_files(case: Case, folder: Path, now: datetime) -> None:
    """The files of a case into `folder`, in its encoding; its steps are there too, as they would be sent now."""
    for name, text in case.files.items():
        (folder / name).write_bytes(instants(text, now).encode(case.encoding))
    for number in range(1, len(case.steps) + 1):
        write_step(case, number, folder, now)


def write_step(case: Case, number: int, folder: Path, now: datetime) -> Path:
    """step-N.jsonl: the events of a step as CloudEvents, one a line; where none is given, id, source and time are made."""
    run = uuid.uuid4().hex[:12]
    lines = [
        instants(json.dumps(_whole(event, f"case/{run}/{number}/{at}"), ensure_ascii=False), now)
        for at, event in enumerate(case.steps[number - 1].events, 1)
    ]
    path = folder / f"step-{number}.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _whole(event: Mapping[str, Any], id_: str) -> dict[str, Any]:
    return {"specversion": "1.0", "id": id_, "source": "/dispatch/cases", "time": "{now}", **event}


def missing(expect: Expect, output: str, code: int | None) -> Sequence[str]:
    """What of `expect` does not hold for what a command printed, in words; blanks and line breaks do not count.

    `code`: None for a command that was ended because its time was over.
    """
    if code is None and not output.strip():
        return ["it printed nothing and did not end in the time there was"]  # what it lacks is nothing to go by
    printed = _dense(output)
    found = [f"{word!r} is not there" for word in expect.contains if _dense(word) not in printed]
    found += [f"{word!r} is there" for word in expect.lacks if _dense(word) in printed]
    if expect.exit is not None and code != expect.exit:
        found.append(f"exit {code} instead of {expect.exit}")
    return found


def _dense(text: str) -> str:
    """A screen breaks Chinese anywhere, so where a line ends says nothing."""
    return "".join(text.split())
