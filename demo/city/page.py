"""Keep docs/demo.md, what the demo prints, beside the code and compare it with what it prints today."""

from __future__ import annotations

import re

EVERYTHING_RUNS = "everything runs after"
HEAD = """\
# The demo

What `make demo` says, written by `outagectl demo --quick --write docs/demo.md` and held to it by
`tests/e2e/test_demo.py`. Only what differs from run to run is not compared: how long things really took, the codes in the
texts, the folder, and how many things the audit looked at.

```text
"""
FOOT = "```\n"

# What may differ between two runs that decide alike, and what stands for it. The days' own times are never masked.
MASKS = (
    (re.compile(r"(?<=back after )\d+(\.\d+)?(?= s)"), "N"),
    (re.compile(r"(?<=It took )\d+(?= s)"), "N"),
    (re.compile(r"(?<=The figures: )\S+"), "FILE"),
    (re.compile(r"(?<=ref )[0-9A-Z]{5}(-[0-9A-Z]{2,4})?\b"), "CODE"),
    (re.compile(r"(?<=编号)[0-9A-Z]{5}(-[0-9A-Z]{2,4})?(?![0-9A-Z])"), "CODE"),
)
# Where a process was killed while it sent, it is the machine's doing whether a text was just under way, which text went first,
# and which receipts came together: all ways of telling it are right. So from the kill to the sum of what arrived the line about
# one that was found again and the lines about receipts are left out, and the others compared in any order.
KILLED = re.compile(r"(?ms)^[^\n]* was killed \(kill -9\).*?^.{9}operations nothing was lost:")
# However it is folded.
FOUND = "knows from [^:]*? that the text to [^:]*? was created after all: it is not sent again".replace(" ", r"\s+")
FOUND_AGAIN = re.compile(rf"(?m)^.{{9}}notifier +{FOUND}\n")
RECEIPTS = re.compile(r"(?m)^.{9}notifier +has receipts: [^\n]*\n(?: {20}[^\n]*\n)*")
ENTRY = re.compile(r"(?m)^(?=.{9}\w)")
AUDITED = re.compile(r"✓ +[\d,]+|✓[\d,]+")
FOLDER = "build/demo/data"
# How the command is called where the page was written, and how where it is read.
CALLED, CALL = re.compile(r"(?m)^(  )\S*outagectl(?= )"), r"\1.venv/bin/outagectl"


def page(said: str, folder: str) -> str:
    """The page for what a run in `folder` said, without the lines about its setting up: they differ with the machine."""
    return HEAD + CALLED.sub(CALL, told(said).replace(folder, FOLDER)).rstrip("\n") + "\n" + FOOT


def told(said: str) -> str:
    """What a run said, without the lines about its setting up."""
    lines = said.splitlines()
    ready = next((n for n, line in enumerate(lines) if line.strip().startswith(EVERYTHING_RUNS)), None)
    first = next((n for n, line in enumerate(lines) if line.startswith("Setting up")), ready)
    if ready is None or first is None:
        return said
    return "\n".join(line.rstrip() for line in (*lines[: first + 1], *lines[ready + 1 :])) + "\n"


def of_page(text: str) -> str:
    """What the run said whose page this is."""
    return text.removeprefix(HEAD).removesuffix(FOOT)


def masked(said: str, folder: str = FOLDER) -> list[str]:
    """Lines of `told` that two runs have in common, in whatever folder they ran."""
    text = CALLED.sub(CALL, said.replace(folder, FOLDER))
    text = KILLED.sub(lambda part: _in_any_order(part[0]), text)
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    lines = text.splitlines()
    audit = next((n for n, line in enumerate(lines) if line.startswith("The audit")), len(lines))
    # Figures of the audit set the width of its columns, so there only the words are compared.
    return [*lines[:audit], *(" ".join(_uncounted(line)) for line in lines[audit:])]


def _in_any_order(part: str) -> str:
    entries = ENTRY.split(RECEIPTS.sub("", FOUND_AGAIN.sub("", part)))
    return "".join(sorted(entries))


def _uncounted(line: str) -> list[str]:
    return re.sub(r"[━┃╇│]+", " ", AUDITED.sub("✓", line)).split()
