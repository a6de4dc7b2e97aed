"""The bench of protocols runs, and ours is the one that neither doubles nor loses: small, for every run of the tests."""

import pytest

from bench.sms.race import PROTOCOLS, race, table

pytestmark = pytest.mark.timeout(180)


async def test_ours_neither_doubles_nor_loses_a_text_where_the_others_do_one_or_the_other(postgres: str) -> None:
    found = {one.protocol: one for one in await race(postgres, 16, crash_share=0.05, patience=120)}
    assert tuple(found) == PROTOCOLS
    ours, retried, claimed = (found[name] for name in PROTOCOLS)
    assert (ours.doubled, ours.lost) == (0, 0)
    assert retried.doubled > 0
    assert retried.lost == 0
    assert claimed.lost > 0
    assert claimed.doubled == 0
    assert ours.crashes > 0
    assert len(table(list(found.values()))) == 1 + len(PROTOCOLS)
