"""Remember where topics ended at some moments, and say up to which of these all is read. Pure."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from services.kernel.model import TopicPartition
from services.kernel.writing.fence import Fence

MOST: Final = 40
"""Moments that are remembered. Of more each second one is forgotten: who reads minutes late need not be known to the second."""


class EndMarks:
    """Ends of partitions, by the moment (monotonic) at which they were asked for, oldest first.

    `behind`: how many partitions are not read up to the oldest of them, as was seen last.
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, Mapping[TopicPartition, int]]] = deque()
        self.behind = 0

    def __bool__(self) -> bool:
        """Whether there are ends that are not known to be read."""
        return bool(self._marks)

    def put(self, at: float, ends: Mapping[TopicPartition, int]) -> None:
        """These were the ends at that moment."""
        if len(self._marks) >= MOST:
            self._marks = deque(list(self._marks)[::2])
        self._marks.append((at, ends))

    def clear(self) -> None:
        """Forget all."""
        self._marks.clear()

    def passed(self, fences: Mapping[TopicPartition, Fence]) -> float:
        """The newest moment up to which these fences have read all; it and those before it are forgotten. None: minus infinity.

        Fences and ends only rise, so whoever has not passed one moment's has not passed a later one's.
        """
        reached = float("-inf")
        while self._marks:
            at, ends = self._marks[0]
            self.behind = sum(
                place not in fences or fences[place].next_offset < end for place, end in ends.items() if end
            )
            if self.behind:
                break
            reached = at
            self._marks.popleft()
        return reached
