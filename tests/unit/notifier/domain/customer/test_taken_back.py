"""A message that waited with the provider and was taken back tells nobody anything, whatever receipt comes of it."""

from tests.kits.deciders.notifier import City, at, customer, published


def waiting_city() -> City:
    """A notice is asked for, and no provider has taken it for good."""
    city = City(at(3, 9), customer(), accept=False)
    city.hears(published())
    return city


def test_that_an_extra_message_was_taken_back_is_no_word_on_its_text() -> None:
    city = waiting_city()
    (text,) = city.texts("hospital")
    assert city.receipt("canceled", text, sid="SMextra").reason == "taken-back-before-it-went"
    assert city.texts("hospital")[0].state == "requested"
    city.accepts()
    assert city.receipt("canceled", text, sid="SMextra").reason == "taken-back-before-it-went"
    assert city.texts("hospital")[0].state == "accepted"


def test_that_somebody_else_canceled_what_counted_as_sent_is_a_failure() -> None:
    city = waiting_city()
    city.accepts()
    (text,) = city.texts("hospital")
    assert city.receipt("canceled", text).reason == "planned-notice-requested", "it is said again"
    assert city.texts("hospital")[0].state == "undelivered"
