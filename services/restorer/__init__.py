"""Follow every outage until power is back, and measure the promises made on the way."""

from typing import Final

SHARED_TABLES: Final = ("network", "merging", "tasks")
"""Tables that it has beside its own, by package: services/kernel/running/main.py, folders."""
