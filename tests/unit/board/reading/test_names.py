"""Which name the public reads: a place by its own, what serves one customer alone by a public one."""

import pytest

from services.board.reading.names import NamedElement, Nameless, PublicNames, SaidPlaces, places_named
from services.places import normal

MILL, ALUMINIUM, WORKS = "35千伏钢厂线", "35千伏铝厂线", "电子厂专变"
ELEMENTS = {
    ("lines", normal(MILL)): (NamedElement(dedicated=True, public_name="35千伏专用线路1号", nominal_voltage=35.0),),
    ("lines", normal(ALUMINIUM)): (NamedElement(dedicated=True, nominal_voltage=35.0),),
    ("lines", normal("老线")): (NamedElement(dedicated=True),),
    ("lines", normal("10千伏城东线")): (NamedElement(public_name="城东线"),),
    ("lines", normal("双线")): (NamedElement(public_name="甲线"), NamedElement(public_name="乙线")),
    ("lines", normal("半专线")): (NamedElement(), NamedElement(dedicated=True, nominal_voltage=10.0)),
    ("transformers", normal(WORKS)): (NamedElement(dedicated=True, nominal_voltage=10.0, areas=("工业大道一带",)),),
    ("areas", normal("中山路一带")): (NamedElement(areas=("城东区", "城东 区")),),
}
NAMES = PublicNames(ELEMENTS, Nameless())


@pytest.mark.parametrize(
    ("kind", "written", "shown"),
    [
        ("lines", MILL, "35千伏专用线路1号"),
        ("lines", " 35 kV 钢厂线", "35千伏专用线路1号"),
        ("lines", ALUMINIUM, "35千伏专用线路"),
        ("lines", "老线", "专用线路"),
        ("lines", "10千伏城东线", "城东线"),
        ("lines", "双线", "双线"),
        ("lines", "半专线", "专用线路"),
        ("lines", "无名线", "无名线"),
        ("transformers", WORKS, "10千伏专用变压器"),
        ("transformers", MILL, MILL),
    ],
)
def test_the_public_reads(kind: str, written: str, shown: str) -> None:
    assert NAMES.name(kind, written) == shown


def test_names_that_read_alike_are_one() -> None:
    assert NAMES.places(SaidPlaces(lines=(ALUMINIUM, "35kV铝厂线", MILL))).lines == (
        "35千伏专用线路",
        "35千伏专用线路1号",
    )


def test_a_notice_of_work_names_its_line_as_it_is() -> None:
    assert NAMES.places(SaidPlaces(lines=(MILL,)), as_written=True).lines == (MILL,)


def test_bare_places_have_their_areas_only() -> None:
    places = NAMES.places(SaidPlaces(lines=(MILL,), transformers=(WORKS,), areas=("江滨路",)), bare=True)
    assert (places.lines, places.transformers, places.areas) == ((), (), ("江滨路",))


def test_a_district_is_where_the_areas_lie_else_where_the_network_does_else_the_areas() -> None:
    assert NAMES.places(SaidPlaces(areas=("中山路一带",), transformers=(WORKS,))).districts == ("城东区",)
    assert NAMES.places(SaidPlaces(transformers=(WORKS,))).districts == ("工业大道一带",)
    assert NAMES.places(SaidPlaces(areas=("江滨路",))).districts == ("江滨路",)


def test_a_text_has_the_public_names_in_the_place_of_their_own() -> None:
    said = SaidPlaces(lines=(MILL, f"{MILL}二回"), areas=("江滨路",))
    text = f"停电线路:{MILL}、{MILL}二回\n停电范围:江滨路"
    assert MILL not in NAMES.in_text(text, said).replace(f"{MILL}二回", "")


def test_what_is_asked_of_the_network_is_each_place_once_and_never_a_blank() -> None:
    assert places_named([SaidPlaces(lines=(MILL, "35kV钢厂线", "\u200b")), SaidPlaces(lines=(MILL,))]) == {
        ("lines", normal(MILL))
    }
