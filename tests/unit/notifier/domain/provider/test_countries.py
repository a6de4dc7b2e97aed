"""The table of countries: what is wrong with it is said with the place and the remedy."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.provider.countries import CountriesError, read_countries
from tests.kits.deciders.notifier import at

TWILIO = "[default.providers.twilio]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no [default]"),
        ("[CN.providers.twilio]", "has no [default]"),
        ("[default]\nproviders = {}", "names no provider"),
        (TWILIO + "[China.providers.twilio]", "[China] is no country"),
        (TWILIO + "wieght = 3", "wieght"),
        (TWILIO + "weight = -1", "weight"),
        (TWILIO + "per_day = 1", "per_day"),
        ('[default]\nhours = "8-21"\n' + TWILIO, 'write e.g. "08:00-21:00"'),
        ('[default]\nhours = "08:00-08:00"\nzone = "Asia/Shanghai"\n' + TWILIO, "begin when they end"),
        ('[default]\nhours = "08:00-21:00"\n' + TWILIO, "no zone to count them in"),
        ('[default]\nhours = "08:00-21:00"\nzone = "Asia/Nowhere"\n' + TWILIO, "no zone to count them in"),
        ("[default", "cannot be read"),
    ],
)
def test_a_wrong_table_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(CountriesError) as caught:
        read_countries(text)
    assert said in str(caught.value)


HOURS = st.integers(0, 23)


@given(HOURS, HOURS, st.integers(0, 60 * 24 * 3))
def test_texts_are_carried_from_the_next_opening_on(begins: int, ends: int, minutes: int) -> None:
    if begins == ends:
        return
    hours = f'[default]\nhours = "{begins:02}:00-{ends:02}:00"\nzone = "Asia/Shanghai"\n'
    country = read_countries(hours + TWILIO).of("GB")
    now = at(5, 0) + timedelta(minutes=minutes)
    opens = country.opens(now)
    assert now <= opens < now + timedelta(days=1)
    assert country.opens(opens) == opens
    local: datetime = opens.astimezone(ZoneInfo("Asia/Shanghai"))
    assert opens == now or (local.hour, local.minute) == (begins, 0)


def test_without_hours_texts_are_always_carried() -> None:
    assert read_countries(TWILIO).of("CN").opens(at(5, 3)) == at(5, 3)
