"""A public board to render: the demo's city on an evening of storm."""

from tests.kits.board.evening import NOW, UTILITY, at, evening, moved, notice, outage, storm, version

__all__ = ["NOW", "UTILITY", "at", "evening", "moved", "notice", "outage", "storm", "version"]
