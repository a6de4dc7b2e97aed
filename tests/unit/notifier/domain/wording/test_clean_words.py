"""What others wrote, in a text: on one line, nothing hidden, no link, and in English no mark that doubles the cost."""

import pytest

from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import TemplateFields, render
from tests.kits.deciders.notifier import VOICE, City, at, customer, started

FAULT = {"since": at(5, 9, 12), "ert": at(5, 11, 30)}


def said(language: str, **words: object) -> str:
    return render("fault", language, TemplateFields("fault", **{**FAULT, "now": at(5, 9), **words}), VOICE, "K7M2").body  # type: ignore[arg-type]


PLAIN = said("en", address="14 High Street")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("14 High\u00a0Street", "14 High Street"),
        ("St Mary’s Hospital, Gate 3", "St Mary's Hospital, Gate 3"),
        ("Line\u2028Sep St", "Line Sep St"),
        ("Block A\nWest Gate", "Block A West Gate"),
        ("Mill – “East” gate…", 'Mill - "East" gate...'),
        ("\u202e14 High\u200b Street\ufeff", "14 High Street"),
        ("\u001b[31m14 High Street\u001b[0m", "14 High Street"),
    ],
)
def test_an_address_costs_no_more_than_what_can_be_seen_of_it(written: str, shown: str) -> None:
    body = said("en", address=written)
    assert body == PLAIN.replace("14 High Street", shown)
    assert (segments(body).encoding, segments(body).count) == ("gsm-7", 2)


def test_a_chinese_text_keeps_its_own_marks() -> None:
    assert "“东江”医院（东门）" in said("zh-CN", address="“东江”医院（东门）\u200b\n")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    "link", ["http://t.cn/abc", "www.example.com", "ｗｗｗ．ｅｘａｍｐｌｅ．ｃｎ", "example.com/a?b"]
)
def test_no_text_carries_a_link(language: str, link: str) -> None:
    body = said(language, address=f"中山路18号 {link}", cause=f"see {link}")
    assert not any(part in body for part in ("http", "www", "example", "t.cn", "ｅｘａｍｐｌｅ"))
    assert "see" not in body, "a cause that sends the reader to a page is none"
    assert "中山路18号" in body


def test_an_address_that_shows_nothing_is_no_address() -> None:
    city = City(at(5, 9, 14), customer(address="\u200b"))
    city.hears(started(ert=at(5, 11, 30)))
    city.phone().receives("(东江医院)")
