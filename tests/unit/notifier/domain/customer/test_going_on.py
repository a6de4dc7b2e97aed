"""A critical text may go by another provider by the policy's rule: the conversation says so, once, and only while it waits."""

from services.notifier.domain.events import AttemptAccepted, SendingGoesOn, TextGoesOn
from tests.kits.deciders.notifier import City, at, customer, started


def goes_on(message_id: str, attempt: int = 1) -> SendingGoesOn:
    return SendingGoesOn(
        message_id=message_id,
        customer_id="hospital",
        attempt=attempt,
        provider="twilio",
        unknown_since=at(5, 9, 15),
        after_minutes=10.0,
        policy="regime 1",
        look_again_at=at(5, 9, 35),
        at=at(5, 9, 25),
    )


def off() -> tuple[City, str]:
    city = City(at(5, 9, 14), customer(importance="special"), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    return city, city.requests()[0].message_id


def test_a_text_that_waits_goes_on_and_its_log_says_by_which_rule() -> None:
    city, text = off()
    said = city.tell("customer/hospital", goes_on(text))
    assert said.reason == "goes-by-another-provider"
    (event,) = [one.data for one in said.events if isinstance(one.data, TextGoesOn)]
    assert (event.provider, event.attempt, event.policy, event.after_minutes) == ("twilio", 1, "regime 1", 10.0)
    assert city.of().texts[text].pending, "it still waits for whoever takes it"


def test_one_whose_provider_has_spoken_does_not_go_on() -> None:
    city, text = off()
    taken = AttemptAccepted(
        message_id=text, customer_id="hospital", attempt=1, provider="twilio", provider_sid="SM1", at=at(5, 9, 20)
    )
    city.tell("customer/hospital", taken)
    said = city.tell("customer/hospital", goes_on(text))
    assert (said.reason, said.events) == ("already-settled", ())


def test_nobodys_text_does_not_go_on() -> None:
    city, _ = off()
    assert city.tell("customer/hospital", goes_on("another")).reason == "unknown-message"


def test_what_both_made_is_known_as_doubled() -> None:
    city, text = off()
    city.tell("customer/hospital", goes_on(text))
    for attempt, provider, sid in ((2, "sms-gateway", "gw:1"), (1, "twilio", "SM1")):
        said = city.tell(
            "customer/hospital",
            AttemptAccepted(
                message_id=text,
                customer_id="hospital",
                attempt=attempt,
                provider=provider,
                provider_sid=sid,
                at=at(5, 9, 26),
            ),
        )
    assert said.reason == "second-sid-for-one-text"
    assert city.of().texts[text].other_sids == ("SM1",)
