"""Choose the phrase that says what is being done, by where the crew is: on the telephone and on the handset the same. Pure."""

from collections.abc import Mapping
from typing import Final

from schemas.contracts.base import CrewStatusKind, OutageClass

_WORK: Final[Mapping[CrewStatusKind, str]] = {
    "assigned": "work-assigned",
    "enroute": "work-enroute",
    "arrived": "work-crew",
    "fieldComplete": "work-complete",
}
_STILL: Final[Mapping[CrewStatusKind, str]] = {
    "assigned": "work-assigned",
    "enroute": "work-enroute",
    "arrived": "still-crew",
    "fieldComplete": "work-complete",
}
_OF_WORK: Final[Mapping[OutageClass, str]] = {
    "planned": "work-planned",
    "temporary": "work-planned",
    "curtailment": "work-curtailment",
}


def work_phrase(outage_class: OutageClass | None, crew: CrewStatusKind | None, *, at_work: bool, known: bool) -> str:
    """The name of the phrase. `at_work`: a word of a version before says no more than that a crew is; `known`: cause or time is."""
    if outage_class is not None and outage_class in _OF_WORK:
        return _OF_WORK[outage_class]
    if crew is not None and crew in _WORK:
        return _WORK[crew]
    if crew is None and at_work:
        return "work-crew"
    return "work-no-crew" if known else "work-searching"


def still_phrase(crew: CrewStatusKind | None, *, at_work: bool) -> str:
    """The same in a text that says that it takes longer."""
    if crew is not None and crew in _STILL:
        return _STILL[crew]
    return "still-crew" if crew is None and at_work else "still-no-crew"
