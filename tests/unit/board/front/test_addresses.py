"""Who asks, and how often he may."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.front.addresses import UNKNOWN, AddressLimit, caller
from services.board.front.process import trusted
from services.kernel.manual_clock import ManualClock
from tests.kits.board.snapshots import AS_OF

OURS = trusted("10.0.0.0/8, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:ffff::9", "", "2001:db8:1:2::/64"),
        ("", "", UNKNOWN),
        ("unix", "1.1.1.1", UNKNOWN),
    ],
)
def test_a_forwarded_address_is_believed_from_our_own_proxies_alone(peer: str, forwarded: str, counted: str) -> None:
    assert caller(peer, forwarded, OURS) == counted


@given(st.lists(st.text(max_size=20), max_size=30))
def test_whatever_a_stranger_writes_into_the_header_he_is_counted_as_himself(hops: list[str]) -> None:
    assert caller("203.0.113.7", ",".join(hops), OURS) == "203.0.113.7"


@given(st.text(max_size=300), st.text(max_size=30))
def test_whatever_stands_in_the_header_somebody_is_counted(forwarded: str, peer: str) -> None:
    found = caller(peer, forwarded, OURS)
    assert found == UNKNOWN or ip_address(found.partition("/")[0])


def test_a_minutes_worth_may_come_at_once_and_then_as_time_goes_on() -> None:
    clock = ManualClock(AS_OF)
    limit = AddressLimit(10, clock)
    assert [limit.takes("a") for _ in range(12)] == [True] * 10 + [False] * 2
    assert limit.takes("b"), "another address has its own"
    clock.advance(timedelta(seconds=6))
    assert [limit.takes("a") for _ in range(2)] == [True, False]
    clock.advance(timedelta(hours=1))
    assert [limit.takes("a") for _ in range(11)] == [True] * 10 + [False]


def test_a_flood_from_ever_new_addresses_fills_no_memory() -> None:
    limit = AddressLimit(10, ManualClock(AS_OF), most=100)
    for number in range(1_000):
        limit.takes(f"198.51.{number // 250}.{number % 250}")
    assert len(limit) == 100


def test_who_keeps_asking_is_not_forgotten_for_others() -> None:
    limit = AddressLimit(2, ManualClock(AS_OF), most=10)
    for number in range(100):
        limit.takes(f"n{number}")
        limit.takes("flooder")
    assert not limit.takes("flooder")
