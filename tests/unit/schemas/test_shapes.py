"""A shape that is none is refused where it comes in, with what is wrong and what to do."""

import json
from typing import Any

import pytest

from schemas.cloudevent import CloudEvent, ContractError, parse_structured
from schemas.contracts.base import Polygon
from schemas.shapes import MOST_POINTS, check_shape
from schemas.strict import refuse_unknown_fields

Ring = list[list[float]]
SQUARE: Ring = [[114.4, 23.0], [114.5, 23.0], [114.5, 23.1], [114.4, 23.1], [114.4, 23.0]]
HOLE: Ring = [[114.42, 23.02], [114.42, 23.04], [114.44, 23.04], [114.42, 23.02]]


def said(shape: Any) -> CloudEvent:
    data = {"mRID": "F-1", "changedAt": "2026-03-05T01:00:00Z", "extent": {"areas": ["中山路"], "shape": shape}}
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/d",
        "type": "extent.changed.v1",
        "time": "2026-03-05T01:00:00Z",
    }
    return parse_structured(json.dumps({**event, "data": data}))


def polygon(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def moved(ring: Ring, east: float = 0.0, north: float = 0.0) -> Ring:
    return [[x + east, y + north] for x, y in ring]


@pytest.mark.parametrize(
    "shape",
    [
        polygon(SQUARE),
        polygon(SQUARE[::-1]),
        polygon(SQUARE, HOLE),
        polygon(SQUARE, HOLE[::-1]),
        {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [moved(SQUARE, 1)]]},
        {"type": "MultiPolygon", "coordinates": [[moved(SQUARE, 179.9 - 114.5)], [moved(SQUARE, -180 - 114.4)]]},
    ],
    ids=["a piece", "the other way round", "a hole", "a hole the other way", "two pieces", "cut at the 180th meridian"],
)
def test_a_shape_is_taken(shape: dict[str, Any]) -> None:
    event = said(shape)
    refuse_unknown_fields(event)
    assert event.data.extent.shape is not None


@pytest.mark.parametrize(
    ("shape", "where", "words"),
    [
        (polygon(), "extent.shape.coordinates", "is empty; leave shape out where it is not known"),
        (polygon([]), "extent.shape.coordinates[0]", "has 0 points; a ring is a triangle at least"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], []]}, "extent.shape.coordinates[1]", "leave the piece out"),
        (polygon(SQUARE[:-1]), "extent.shape.coordinates[0]", "is not closed; repeat its first point as its last"),
        (
            polygon([[y, x] for x, y in SQUARE]),
            "extent.shape.coordinates[0][0]",
            "has the latitude 114.4: latitude and longitude are swapped; write longitude first",
        ),
        (polygon(moved(SQUARE, 200)), "extent.shape.coordinates[0][0]", "is nowhere on the earth; write degrees"),
        (
            polygon([[179.5, 1], [-179.5, 1], [-179.5, 2], [179.5, 2], [179.5, 1]]),
            "extent.shape.coordinates[0]",
            "crosses the 180th meridian; cut it there into two pieces",
        ),
        (
            polygon([[0, 0], *SQUARE[1:-1], [0, 0]]),
            "extent.shape.coordinates[0]",
            "spans 114.5 degrees; keep to 10; look for a point of 0, 0",
        ),
        (
            polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]),
            "extent.shape",
            "crosses itself at 0.5, 0.5; draw rings that cross neither themselves nor each other",
        ),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "extent.shape", "crosses itself"),
        (polygon(SQUARE, moved(HOLE, 3)), "extent.shape", "has a hole outside of its outer ring"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [HOLE]]}, "extent.shape", "has a piece within another"),
        (
            polygon([[114.4, 23.0], *([114.4 + n / 1e5, 23.1] for n in range(MOST_POINTS)), [114.4, 23.0]]),
            "extent.shape",
            "has 2,002 points in 1 rings; keep to 2,000 points",
        ),
        ({"type": "Point", "coordinates": [114.4, 23.0]}, "extent.shape.type", "write GeoJSON: {"),
        (polygon([[114.4, 23.0, 8.0], *SQUARE[1:]]), "extent.shape.coordinates[0][0]", "write GeoJSON: {"),
        ({"coordinates": [SQUARE]}, "extent.shape.type", "add it"),
        (SQUARE, "extent.shape", "write GeoJSON: {"),
    ],
)
def test_what_is_no_shape_is_refused_with_what_to_do(shape: Any, where: str, words: str) -> None:
    with pytest.raises(ContractError) as refused:
        said(shape)
    assert refused.value.field == where
    assert words in str(refused.value)


def test_a_member_of_geojson_that_is_not_read_is_named_to_its_sender() -> None:
    with pytest.raises(ContractError, match=r"extent\.shape\.bbox"):
        refuse_unknown_fields(said({**polygon(SQUARE), "bbox": [114.4, 23.0, 114.5, 23.1]}))


def test_what_is_in_the_log_is_read_as_it_stands() -> None:
    crossing = Polygon(coordinates=(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)),))
    with pytest.raises(ContractError):
        check_shape(crossing, "shape")
