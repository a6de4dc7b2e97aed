"""Tell which of two standings is to be shown: nobody goes back to an older truth while a newer one is alive. Pure.

Two renderers may run for a while, each with its own view of the same database; fronts hear now the one, now the other.
"""

from datetime import timedelta
from typing import Final

from services.board.snapshot.form import Standing

AHEAD: Final = timedelta(minutes=1)


def follows(offered: Standing, held: Standing | None) -> bool:
    """Whether `offered` knows of more than `held`, or says anew how old the same truth is."""
    return held is None or (offered.as_of, offered.made_at) > (held.as_of, held.made_at)


def is_from_the_future(held: Standing, offered: Standing) -> bool:
    """Whether `held` was dated by a clock that has since been put back: nothing true would ever follow it."""
    return held.made_at > offered.made_at + AHEAD
