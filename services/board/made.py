"""One path of the board before it is made: what it is made of, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.board.snapshot.form import Page

Made = tuple[str, Any, Callable[[Page | None], Page]]
"""Path; all that the page is made of, compared by ==; how it is made, given what stood there before."""
