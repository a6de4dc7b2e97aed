"""`python -m services.restorer`."""

import gc

gc.disable()  # what is imported stays: to look for garbage among it is an eighth of what a start costs
from services.restorer.app import run  # noqa: E402

gc.enable()
run()
