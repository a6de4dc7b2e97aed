"""`python -m services.planner`."""

from services.planner.app import run

run()
