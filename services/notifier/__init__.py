"""Tell key customers of outages: once, in time, in plain words, and only what is true."""

from typing import Final

SHARED_TABLES: Final = ("network", "merging", "tasks")
"""Tables that it has beside its own, by package: services/kernel/running/main.py, folders."""
