"""Name a promise: what it is about, its rule, the episode where the rule recurs, and which of several it is.

`P-1/2/cn.public-notice` is the promise of notice P-1/2 under that rule; `F-7/cn.fault-done/3.2` is the second promise of
outage F-7 in its third episode, made because the first no longer applied (its deadline moved, or it applies after all).
A rule's id may be any text, so what an id says is read with the rule at hand.
"""


def name_of(subject: str, rule_id: str, *, episode: int | None = None, count: int = 1) -> str:
    """The id of a promise under `rule_id`. `count`: which one it is of this subject, rule and episode, from 1."""
    place = "" if episode is None else f"/{episode}"
    return f"{subject}/{rule_id}{place}" + (f".{count}" if count > 1 else "")


def subject_of(promise_id: str, rule_id: str) -> str:
    """The subject of a promise without episodes: the id of its notice."""
    return promise_id.rpartition(f"/{rule_id}")[0]


def count_of(promise_id: str, rule_id: str) -> int:
    """Which one it is, from 1."""
    return int(promise_id.rpartition(f"/{rule_id}")[2].partition(".")[2] or 1)


def episode_of(promise_id: str) -> int:
    """The episode of a promise whose rule recurs.

    Raises:
        ValueError: its id names none.

    """
    return int(promise_id.rpartition("/")[2].partition(".")[0])
