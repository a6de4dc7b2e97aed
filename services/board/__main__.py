"""`python -m services.board`: renderer and front in one process; `--render` or `--front`: that one alone."""

import argparse
import gc
from importlib import import_module

gc.disable()  # what is imported stays: to look for garbage among it is an eighth of what a start costs

HALVES = {
    "together": "services.board.together",
    "render": "services.board.rendering.alone",
    "front": "services.board.front.alone",
}
"""Imported when asked for: a front alone has nothing of the renderer in it."""


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m services.board", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--render", dest="half", action="store_const", const="render", help="reads, and writes snapshots"
    )
    which.add_argument("--front", dest="half", action="store_const", const="front", help="serves snapshots from memory")
    begin = import_module(HALVES[parser.parse_args().half or "together"]).main
    gc.enable()
    begin()


main()
