"""Figures of supply by IEEE 1366: what an interruption is, and the indices made of many. Pure: no clock, no database."""

from services.reliability.interruptions import KnownBy, OutageFigures, SupplyInterruption, WordsOnTime

__all__ = ["KnownBy", "OutageFigures", "SupplyInterruption", "WordsOnTime"]
