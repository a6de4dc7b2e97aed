"""Places in the reader's language: the registry's names of a site, the network model's of lines and areas; else as written."""

from schemas.contracts.customers import CustomerUpserted, Supply
from services.notifier.domain.wording.segments import segments
from tests.kits.deciders.notifier import AREA, LINE, City, at, customer, published, started

CALLED = {LINE: {"en": "East Line"}, AREA: {"en": "Zhongshan Road"}}


def city(*customers: CustomerUpserted, called: dict[str, dict[str, str]] | None = None, hour: int = 9) -> City:
    made = City(at(3, hour), *customers)
    made.tables.called = CALLED if called is None else called
    return made


def english(**changes: object) -> CustomerUpserted:
    return customer(language="en", names={"en": "East Hospital"}, **changes)


def test_an_english_reader_reads_lines_areas_and_their_site_in_english_and_each_letter_costs_once() -> None:
    town = city(english())
    town.hears(published())
    body = town.last()
    assert "For planned work at East Line, Zhongshan Road, power will be off" in body
    assert "Your site (East Hospital) is affected" in body
    assert segments(body).encoding == "gsm-7"


def test_a_chinese_reader_beside_them_reads_what_dispatch_wrote() -> None:
    town = city(english(), customer("school"))
    town.hears(published())
    assert f"{LINE}{AREA}定于" in town.requests("school")[-1].body


def test_another_form_of_the_language_reads_the_same_names() -> None:
    town = city(customer(language="en-GB", names={"en": "East Hospital"}))
    town.hears(published())
    assert "East Line" in town.last()


def test_what_nobody_has_a_name_for_is_said_as_it_is_written() -> None:
    town = city(english(), called={})
    town.hears(published())
    assert LINE in town.last()


def test_a_supply_is_named_by_its_line_in_the_readers_language_however_the_registry_spells_it() -> None:
    main = Supply(id="1", role="main", line="10kV城东线")
    town = city(english(lines=(), areas=(), supplies=(main, Supply(id="2", role="standby", line="10千伏江滨线"))))
    town.now = at(5, 9, 14)
    town.hears(started(ert=at(5, 11, 30)))
    assert "main supply (East Line)" in town.last()


def test_the_names_are_kept_with_the_word_so_that_a_later_text_has_them_too() -> None:
    town = city(english())
    town.hears(published())
    assert town.of().outages["P1"].called == CALLED
