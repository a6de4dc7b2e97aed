"""`python -m services.notifier`."""

from services.notifier.app import run

run()
