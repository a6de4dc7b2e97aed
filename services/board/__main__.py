"""`python -m services.board --front`: a front by itself."""

import argparse
import gc
from importlib import import_module

gc.disable()  # what is imported stays: to look for garbage among it is an eighth of what a start costs

HALVES = {
    "front": "services.board.front.alone",
}
"""Imported when asked for: a front alone has nothing of the renderer in it."""


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m services.board", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--front", dest="half", action="store_const", const="front", help="serves snapshots from memory")
    begin = import_module(HALVES[parser.parse_args().half]).main
    gc.enable()
    begin()


main()
