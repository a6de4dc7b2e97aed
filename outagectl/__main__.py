"""`python -m outagectl`."""

from outagectl.main import run

run()
