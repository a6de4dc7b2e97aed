"""The telephone that customers call: how soon it was answered, hour by hour, as the call centre counts it."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from schemas.contracts.base import Instant, Wire

HOUR_BEGINS: Final = 15
"""Hours begin at whole quarters of an hour: some zones lie so from UTC."""
Calls = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Hotline = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r"^[A-Za-z0-9+][A-Za-z0-9+._-]*$",
        description="The number that customers call, e.g. 95598, or its name; the Kafka key",
    ),
]


class AnsweredWithin(Wire, frozen=True, kw_only=True):
    """How many of the calls were answered within so many seconds, or so many rings."""

    limit: Annotated[int, Meta(ge=1, le=3600, description="12 seconds, or 3 rings")]
    unit: Annotated[Literal["seconds", "rings"], Meta(description="What the limit counts")]
    calls: Annotated[Calls, Meta(description="Calls answered within it, all quicker ones included")]


class CallsAnswered(Wire, frozen=True, kw_only=True):
    """All calls to a hotline that began to ring in one hour; sent once the hour is over.

    An hour that is counted anew is sent whole with a higher revision.
    """

    hotline: Hotline
    hour: Annotated[Instant, Meta(description="When the hour begins, on a whole quarter of an hour")]
    revision: Annotated[
        int, Meta(ge=1, le=2**31 - 1, description="The highest counts; rises when an hour is restated")
    ] = 1
    calls: Annotated[Calls, Meta(description="Calls that began to ring in the hour")]
    answered: Annotated[Calls, Meta(description="Of these, answered by a person")]
    abandoned: Annotated[Calls, Meta(description="Of these, given up by the caller before anybody answered")] = 0
    within: Annotated[
        tuple[AnsweredWithin, ...],
        Meta(
            max_length=20,
            description="How soon: an entry for each limit of the standard, e.g. 12 seconds, 3 and 5 rings",
        ),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse an hour whose figures contradict each other.

        Raises:
            ValueError: it begins at no quarter, more are answered or given up than called, more answered in time than at all,
                fewer in a longer time, or one limit named twice.

        """
        super().__post_init__()
        problem = _contradiction(self)
        if problem is not None:
            raise ValueError(problem)


def _contradiction(told: Any) -> str | None:
    """What does not fit, in words; None where all does, and of an hour that could be read in part only (a history of old data)."""
    if None in (told.hour, told.calls, told.answered):
        return None
    if told.hour.second or told.hour.microsecond or told.hour.minute % HOUR_BEGINS:
        return f"hour {told.hour.isoformat()} begins at no quarter of an hour: write e.g. 09:00:00"
    if told.answered + told.abandoned > told.calls:
        both = f"answered {told.answered} and abandoned {told.abandoned}"
        return f"{both} are more than calls {told.calls}: count each call once"
    by_limit = {(one.unit, one.limit): one.calls for one in told.within}
    if len(by_limit) < len(told.within):
        return "within names one limit twice: write each once"
    most = {"seconds": 0, "rings": 0}
    for (unit, limit), calls in sorted(by_limit.items()):
        if calls > told.answered:
            return f"within {limit} {unit} {calls} calls were answered, but only {told.answered} at all"
        if calls < most[unit]:
            return f"fewer calls were answered within {limit} {unit} than within less: count all quicker ones too"
        most[unit] = calls
    return None
