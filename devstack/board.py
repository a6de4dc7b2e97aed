"""Have the public board run in a local stack: renderer and front in one process, at an address of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from devstack.private import put
from services.board.showing.words import SOURCE
from services.gateway.dispatch import tokens
from services.gateway.dispatch.spoken import NAMED_ALONE

BOARD: Final = "board"
"""Its name among a stack's processes."""

KEY_FILE: Final = "board.token"
FILE: Final = "board.toml"
SAMPLE: Final = Path(__file__).parent / "conf" / FILE
"""What the sample city's utility says of itself."""

SAMPLE_URL: Final = "http://127.0.0.1:8086"


def put_utility(folder: Path, url: str) -> None:
    """Write the utility's file, once: what a person changed in it stays."""
    if not (folder / FILE).exists():
        put(folder / FILE, SAMPLE.read_text(encoding="utf-8").replace(SAMPLE_URL, url))


def board_token(folder: Path) -> tokens.Token:
    """The board's own token for the gateway, made once: it says what the public could read, and nothing else."""
    if not (folder / KEY_FILE).exists():
        put(folder / KEY_FILE, tokens.make())
    digest = tokens.digest_of((folder / KEY_FILE).read_text(encoding="utf-8"))
    return tokens.Token(BOARD, digest, (SOURCE,), NAMED_ALONE, rate=50)


def board_environment(folder: Path, port: int, inner_port: int, gateway_url: str) -> dict[str, str]:
    """What the board's process is started with beside what all are."""
    there = folder.absolute()
    return {
        "OUTAGE_BOARD_PORT": str(port),
        "OUTAGE_BOARD_INNER_PORT": str(inner_port),
        "OUTAGE_BOARD_UTILITY": str(there / FILE),
        "OUTAGE_BOARD_FOLDER": str(there / BOARD),
        "OUTAGE_BOARD_GATEWAY": gateway_url,
        "OUTAGE_BOARD_GATEWAY_TOKEN": str(there / KEY_FILE),
        "OUTAGE_BOARD_ROUND_SECONDS": "2",
    }
