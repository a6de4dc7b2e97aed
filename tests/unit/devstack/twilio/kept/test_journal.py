"""The simulator's journal: what a handset received is never half a line, not even on a full disk."""

import subprocess
import sys
from pathlib import Path

from devstack.twilio.kept.journal import Journal, lines

# A process of its own: a limit on the size of files stays.
FULL = """
import resource, signal, sys
from pathlib import Path
from devstack.twilio.kept.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))
journal.append({"text": "it fits"})
for _ in range(2):
    try:
        journal.append({"text": "it does not fit in what is left"})
    except OSError as error:
        print(error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append({"text": "there is room again"})
"""


def test_a_line_that_found_no_room_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "here" / "texts.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert len(done.stdout.split()) == 2, "both lines were refused"
    assert list(lines(path)) == [b'{"text":"it fits"}\n', b'{"text":"there is room again"}\n']


def test_what_a_killed_writer_left_half_is_gone_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":')
    journal = Journal(path)
    journal.append({"n": 2})
    journal.close()
    assert list(lines(path)) == [b'{"n":1}\n', b'{"n":2}\n']
