"""`python -m services.restorer`."""

from services.restorer.app import run

run()
