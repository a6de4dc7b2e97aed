"""Cite an event, the pair (source, id), as one text from which both can be read again.

`/dispatch/east` and `7` are cited as `/dispatch/east/7`. An id that holds a slash of its own stands behind a space, for
otherwise `/dispatch` + `east/7` would read the same. A space in the source is written %20, so that the first space, if a
slash follows it, is always the one between the two.
"""

import re

LIMIT = 200
"""Characters of the longest citation: a name in a contract holds so many, and evidence cites."""


def citation(source: str, id_: str) -> str:
    """The pair as one text; no two pairs have the same.

    >>> citation("/dispatch/east", "7"), citation("/dispatch", "east/7")
    ('/dispatch/east/7', '/dispatch east/7')
    """
    return f"{source.replace('%', '%25').replace(' ', '%20')}{' ' if '/' in id_ else '/'}{id_}"


def pair(cited: str) -> tuple[str, str]:
    """Source and id of a citation.

    >>> pair("/dispatch east/7")
    ('/dispatch', 'east/7')
    """
    source, space, id_ = cited.partition(" ")
    if not space or "/" not in id_:
        source, _, id_ = cited.rpartition("/")
    return source.replace("%20", " ").replace("%25", "%"), id_


def former(source: str, id_: str) -> str:
    """The pair as it was cited up to 0.1: two pairs could have the same. Only for finding what was written then."""
    return f"{source}/{id_}"


_OURS = re.compile(r"/*outage(?![A-Za-z0-9_-])", re.IGNORECASE)


def is_ours(source: str) -> bool:
    """Whether a source is, or reads like, one of our own services: `/outage`, and whatever lies below it.

    >>> is_ours("/outage"), is_ours("/outage/restorer/timer"), is_ours("/outages-east"), is_ours("/dispatch/outage")
    (True, True, False, False)
    """
    return _OURS.match(source) is not None
