"""What this code does not know of a stream: a newer version wrote it, which runs beside this one while pods are replaced.

Such a stream alone is held: what comes for it is set aside in order (`written-by-newer`), and a pod that knows it goes on with it
(services/kernel/upkeep/taking_over.py).
"""

from __future__ import annotations

from services.kernel import operating
from services.kernel.model import KernelError, Service


class WrittenByNewer(KernelError):
    """A stream of a kind, an event of a type or a form that this code does not know; the message says which."""


def known_categories(service: Service) -> list[str]:
    """The categories of streams that this code decides of."""
    return sorted({*service.deciders, *operating.DECIDERS})
