"""Nodes, branches and switches become elements: fed from the side of the source, and of a ring from either."""

from connectors.network.wiring import Switch, Wiring
from schemas.contracts.network import Feed
from tests.kits.network.models import by

SOURCE = frozenset({"grid"})


def ways(terminals: dict[str, list[str]], *switches: Switch, busbars: str = "") -> dict[str, tuple[Feed, ...]]:
    return Wiring({"grid": ["n0"], **terminals}, switches, SOURCE, frozenset(busbars.split())).ways()


def closed(name: str, one: str, other: str) -> Switch:
    return Switch(name, (one, other), closed=True)


def opened(name: str, one: str, other: str) -> Switch:
    return Switch(name, (one, other), closed=False)


def test_a_line_is_fed_by_what_lies_on_the_side_of_the_source() -> None:
    found = ways({"a": ["n0", "n1"], "b": ["n2", "n1"], "load": ["n2"]})
    assert found == {"grid": (), "a": (by("grid"),), "b": (by("a"),), "load": (by("b"),)}


def test_switches_between_two_lines_are_named_in_order_with_their_state() -> None:
    found = ways({"a": ["n0", "n1"], "b": ["n3", "n4"]}, closed("s1", "n1", "n2"), closed("s2", "n3", "n2"))
    assert found["b"] == (by("a", "s1", "s2"),)


def test_behind_an_open_switch_power_may_come_from_there() -> None:
    found = ways({"a": ["n0", "n1"], "b": ["n2", "n3"]}, opened("s", "n1", "n2"))
    assert found["b"] == (by("a", "s", normally="open"),)


def test_two_lines_that_an_open_switch_can_join_may_feed_each_other_and_their_sections_too() -> None:
    found = ways({"a": ["n0", "n1"], "b": ["n1", "n2"], "c": ["n0", "n3"]}, opened("tie", "n2", "n3"))
    assert set(found["b"]) == {by("a"), by("c", "tie", normally="open")}
    assert set(found["a"]) == {by("grid"), by("b")}
    assert set(found["c"]) == {by("grid"), by("b", "tie", normally="open")}


def test_what_hangs_on_a_ring_feeds_nothing_of_it() -> None:
    found = ways({"a": ["n0", "n1"], "b": ["n1", "n0"], "branch": ["n1", "n2"], "load": ["n2"]})
    assert "branch" not in {feed.element_id for name in "ab" for feed in found[name]}
    assert {feed.element_id for feed in found["branch"]} == {"a", "b"}


def test_whatever_meets_at_a_busbar_is_fed_by_it() -> None:
    terminals = {"station": ["bar"], "in": ["n0", "n1"], "out1": ["n2", "n3"], "out2": ["n4", "n5"]}
    switches = [closed("in.s", "n1", "bar"), closed("out1.s", "bar", "n2"), closed("out2.s", "bar", "n4")]
    found = ways(terminals, *switches, busbars="station")
    assert found["station"] == (by("in", "in.s"),)
    assert found["out1"] == (by("station", "out1.s"),)
    assert found["out2"] == (by("station", "out2.s"),)


def test_of_two_paths_through_switches_the_one_with_fewer_open_ones_counts() -> None:
    found = ways(
        {"a": ["n0", "n1"], "b": ["n2", "n3"]},
        opened("short", "n1", "n2"),
        closed("1", "n1", "m"),
        closed("2", "m", "n2"),
    )
    assert found["b"] == (by("a", "1", "2"),)


def test_what_nothing_leads_to_has_no_way() -> None:
    assert ways({"far": ["x", "y"]})["far"] == ()
