"""A kettle whose deadline waits so long for proof."""

from tests.kits.kernel.toy import Toy


def toy(seconds: float | None) -> Toy:
    """A toy whose kettles wait for proof for so long; None: for ever."""
    made = Toy()
    made.patience = {"outage/boil": seconds}  # type: ignore[attr-defined]
    return made
