"""Hold planned work to the notice rules, publish notices and watch that they are kept."""

from typing import Final

SHARED_TABLES: Final = ("network", "tasks")
"""Tables that it has beside its own, by package: services/kernel/running/main.py, folders."""
