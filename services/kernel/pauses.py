"""What the garbage collector may hold up the loop for.

A full collection looks at every object there is. Code, schemas and policy are some hundreds of thousands that never go, and
a look at them takes 50 ms and more: longer than any fact. So once a process is ready for its first record they are put where
the collector does not look (gc.freeze, https://docs.python.org/3/library/gc.html#gc.freeze); what comes later is few.
"""

import gc


def settle() -> int:
    """Collect once, and look no more at what is there now. Returns how many objects that is."""
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
