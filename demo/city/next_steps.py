"""What is worth trying on the data that the demo leaves behind; a test runs every line."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from demo.city.city import FAULT, HOSPITAL, MONTH

# (arguments of outagectl, what they show). The first starts the servers, which the others need.
NEXT = (
    ("up", "starts it all again at the hour where the story ended; then, in a second terminal:"),
    (f"explain {HOSPITAL}", "the answer when the hospital calls: is the power off, why, till when, what nobody knows"),
    ("phones", "the days as customers read them: each telephone, whose it is, by which provider"),
    ("timers", "the deadlines that come next"),
    (f"show outage {FAULT} --story", "the night of the fault, a line for each thing that happened"),
    (f"show outage {FAULT}", "the same night, with every reason"),
    ("task list", "what waits for a person, first things first"),
    (f"fulfilment show {MONTH}", "how every rule fared in March, and the statement that was published of it"),
    (
        f"report {MONTH} --html build/march.html",
        "how long and how often power was off in March (IEEE 1366): a page with plots for a browser",
    ),
    ("quarantine list", "the event that nobody could read"),
    ("audit", "the proof, once more"),
)


def command() -> str:
    """How `outagectl` is called from here: by its name where the shell knows it, else by the virtualenv's file."""
    beside = Path(sys.executable).with_name("outagectl")
    if shutil.which("outagectl") or not beside.exists():
        return "outagectl"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
