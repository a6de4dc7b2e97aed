"""What key customers are promised of our words, and how soon somebody takes over where texts do not reach. Pure.

The [settings.promises] and [settings.answers] of a regime file. A time of zero asks for nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.contracts.customers import Importance
from services.policy.warning_times import FRACTIONS_LEFT

MINUTE: Final = timedelta(minutes=1)
NONE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How long each step waits, for customers of one importance who were told that their power is off."""

    receipt: timedelta = 30 * MINUTE
    """A handset has the text by then, or the next contact gets it."""
    answer: timedelta = NONE
    """Somebody there has said by then that they know, or a person calls. Zero: a receipt is enough."""
    step: timedelta = 60 * MINUTE
    """So long each of the account manager and the operators has to call."""


LIFE_SUPPORT: Final = AnswerTimes(5 * MINUTE, 15 * MINUTE, 10 * MINUTE)
SPECIAL: Final = AnswerTimes(10 * MINUTE, 30 * MINUTE, 15 * MINUTE)
FIRST: Final = AnswerTimes(15 * MINUTE, 60 * MINUTE, 30 * MINUTE)
SECOND: Final = AnswerTimes()


@dataclass(frozen=True, slots=True)
class WordTimes:
    """By when a word is due, and what follows where nobody answers."""

    first_word: timedelta = 10 * MINUTE
    """That their power is off, from when that is known here until a provider has the text."""
    overdue_word: timedelta = 15 * MINUTE
    """After a spoken time, and what "about" leaves it, has passed without power: the next word."""
    restored_word: timedelta = 15 * MINUTE
    """That power is back, or was never off, once that has settled."""
    life_support: AnswerTimes = LIFE_SUPPORT
    special: AnswerTimes = SPECIAL
    first: AnswerTimes = FIRST
    second: AnswerTimes = SECOND
    temporary: AnswerTimes = SECOND
    fractions_left: tuple[float, ...] = FRACTIONS_LEFT
    """A word is called at risk with so much of its time left."""

    def answers_of(self, importance: Importance, *, life_support: bool) -> AnswerTimes:
        """The times of one customer: whose life power keeps comes before any importance."""
        if life_support:
            return self.life_support
        match importance:
            case "special":
                return self.special
            case "first":
                return self.first
            case "second":
                return self.second
            case _:
                return self.temporary


WORD_TIMES: Final = WordTimes()
"""The product's own, where a regime says nothing."""
