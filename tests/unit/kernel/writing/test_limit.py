"""A service stops rather than divert everything, but never for what one sender, or two, can send."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.writing.failures.limit import SENDERS, FailureLimit, JudgedMessage, TooManyFailures, sender_of

FEW = st.lists(
    st.builds(JudgedMessage, st.sampled_from(["/dispatch/east", "/dispatch/west", "/oms"]), failed=st.booleans())
)


@given(st.lists(FEW, max_size=30), st.integers(1, 300))
def test_two_senders_never_stop_a_service_whatever_they_send(batches: list[list[JudgedMessage]], flood: int) -> None:
    limit = FailureLimit(window=100)
    for batch in [*batches, [JudgedMessage(f"/oms/{n}", failed=True) for n in range(flood)]]:
        limit.check(batch)
        limit.commit(batch)


@given(st.lists(FEW, max_size=10), st.permutations(["/dispatch", "/oms", "/outage/restorer"]))
def test_three_senders_whose_every_message_fails_stop_it_within_sixty(
    before: list[list[JudgedMessage]], senders: list[str]
) -> None:
    limit = FailureLimit()
    for batch in before:
        limit.commit(batch)
    for n in range(60):
        one = [JudgedMessage(senders[n % SENDERS], failed=True)]
        try:
            limit.check(one)
        except TooManyFailures:
            return
        limit.commit(one)
    pytest.fail("sixty failures of three senders, and it goes on")


@given(st.lists(st.builds(JudgedMessage, st.sampled_from(["/a", "/b", "/c", "/d"]), failed=st.booleans()), max_size=60))
def test_a_batch_without_failures_always_passes(before: list[JudgedMessage]) -> None:
    limit = FailureLimit(window=50)
    limit.commit(before)
    limit.check([JudgedMessage("/a", failed=False)])


@given(st.lists(st.builds(JudgedMessage, st.sampled_from(["/a", "/b", "/c", "/d"]), failed=st.booleans()), max_size=80))
def test_what_passed_before_a_restart_and_what_passes_after_it_is_the_same(before: list[JudgedMessage]) -> None:
    limit, reborn = FailureLimit(window=50), FailureLimit(window=50)
    limit.commit(before)
    reborn.start(list(reversed(before)))
    verdicts: list[bool] = []
    for one in (limit, reborn):
        passed = False
        with contextlib.suppress(TooManyFailures):
            one.check([JudgedMessage("/a", failed=True)])
            passed = True
        verdicts.append(passed)
    assert verdicts[0] == verdicts[1]


def test_one_in_twenty_of_several_senders_stops_it() -> None:
    limit = FailureLimit()
    limit.commit([JudgedMessage(f"/s{n % 6}", failed=n % 18 == 0) for n in range(1000)])
    mixed = [JudgedMessage("/s1", failed=True), JudgedMessage("/s2", failed=False), JudgedMessage("/s3", failed=True)]
    limit.commit(mixed * 20)
    with pytest.raises(TooManyFailures, match="of the last 1000 messages"):
        limit.check([JudgedMessage("/s4", failed=True)])


@pytest.mark.parametrize(
    ("source", "sender"),
    [
        ("/dispatch/east/7", "/dispatch"),
        ("//dispatch/east", "//dispatch"),
        ("dispatch", "dispatch"),
        ("https://oms.example/a/b?c", "https://oms.example"),
        ("urn:oms:7", "urn:oms"),
        ("/outage/restorer/timer", "/outage/restorer/timer"),
        ("", ""),
    ],
)
def test_a_sender_is_the_first_part_of_a_source(source: str, sender: str) -> None:
    assert sender_of(source) == sender
