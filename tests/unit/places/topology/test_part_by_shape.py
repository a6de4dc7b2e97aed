"""What a shape means by the network: the points in it, and of its areas only that of which nobody knows where it is."""

from schemas.contracts.base import Extent, Polygon
from services.places.topology import KeptPart, NetworkPart, PartElement

ROUND_T1 = Polygon(coordinates=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)),))
TOWN = ("town",)
PART = NetworkPart(
    KeptPart(
        called={"areas:town": ("A",), "usage_points:p2": ("P2",), "lines:l1": ("L1",)},
        lying={"A": ("T1", "P1", "P2", "P3", "P4")},
        elements={
            "L1": PartElement("line", None),
            "T1": PartElement("transformer", None, (("L1", True),)),
            "P1": PartElement("usagePoint", 3, (("T1", True),)),
            "P2": PartElement("usagePoint", 4, (("T1", True),)),
            "P3": PartElement("usagePoint", 5, (("L1", True),)),
            "P4": PartElement("usagePoint", 6, (("T1", True),)),
            "P5": PartElement("usagePoint", 7, (("T1", True),)),
        },
        at={"T1": (0.5, 0.5), "P1": (0.2, 0.2), "P2": (5.0, 5.0), "P3": (0.9, 0.9)},
    )
)


def test_an_area_with_a_shape_means_the_points_in_it_and_those_of_which_nobody_knows_where_they_are() -> None:
    assert PART.meaning(Extent(areas=TOWN)).ends == {"P1", "P2", "P3", "P4"}
    # P4 lies in the town, and nothing else is known of it; P5 is not of the town, but behind a transformer in the shape.
    assert PART.meaning(Extent(areas=TOWN, shape=ROUND_T1)).ends == {"P1", "P3", "P4", "P5"}


def test_a_shape_alone_means_what_is_in_it() -> None:
    assert PART.meaning(Extent(shape=ROUND_T1)).ends == {"P1", "P3", "P4", "P5"}


def test_beside_what_is_cut_a_shape_only_says_where_it_is() -> None:
    assert PART.meaning(Extent(usage_points=("P2",), shape=ROUND_T1)).ends == {"P2"}
    assert PART.meaning(Extent(lines=("L1",), areas=TOWN, shape=ROUND_T1)).ends >= {"P2"}


def test_power_that_is_back_in_a_shape_is_not_back_in_the_whole_town() -> None:
    assert "P2" in PART.lit(Extent(areas=TOWN))
    assert PART.lit(Extent(areas=TOWN, shape=ROUND_T1)) == {"T1", "P1", "P3", "P4", "P5"}
    assert PART.customers({"P1", "P3"}) == 8
