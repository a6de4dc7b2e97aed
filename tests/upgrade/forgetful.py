"""A restorer of this version as an older one would be: it knows neither complaints of their own nor reasons that are given.

For a rolling update from this version on: what the next version brings, this one will not know either.
"""

from schemas.contracts import all_types
from services.restorer import app
from services.restorer.domain.complaints.decider import CATEGORY

COMPLAINTS = ("complaint.received.v2", "complaint.answered.v2", "complaint.withdrawn.v1")
GIVEN = "promise.explained.v1"


class FormerRestorer(app.Restorer):
    """Without that kind of stream, and without that event of outages."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.kinds = {name: kind for name, kind in self.kinds.items() if name != CATEGORY}
        self.deciders = {name: decider for name, decider in self.deciders.items() if name != CATEGORY}
        self.structs = {name: struct for name, struct in self.structs.items() if name not in (*COMPLAINTS, GIVEN)}


if __name__ == "__main__":
    for name in COMPLAINTS:
        all_types.REGISTRY.pop(name)  # type: ignore[attr-defined]
    app.Restorer = FormerRestorer  # type: ignore[assignment, misc]
    app.run()
