"""Which concerns the worker has judged: those with something new, those no longer as they were, none that is parked."""

from services.tasks.worker import Fresh, looks

STANDING = {"notifier/nobody-reached/F-1": "nobody-reached"}


def test_what_is_new_about_an_outage_goes_to_its_task() -> None:
    (look,) = looks("notifier", [Fresh("nobody-reached", "F-1", 2)], STANDING, [], ())
    assert (look.concern, look.abouts) == ("notifier/nobody-reached/F-1", ("F-1",))


def test_a_task_that_is_no_longer_as_it_was_is_looked_at_though_nothing_is_new() -> None:
    (look,) = looks("notifier", [], STANDING, list(STANDING), ())
    assert (look.kind, look.abouts) == ("nobody-reached", ())


def test_new_and_changed_at_once_is_one_look() -> None:
    assert len(looks("notifier", [Fresh("nobody-reached", "F-1", 2)], STANDING, list(STANDING), ())) == 1


def test_a_concern_whose_stream_is_parked_waits() -> None:
    assert looks("notifier", [Fresh("nobody-reached", "F-1", 2)], STANDING, list(STANDING), set(STANDING)) == []


def test_of_thousands_of_outages_a_look_names_a_hundred_at_most_and_the_next_one_goes_on() -> None:
    fresh = [Fresh("nobody-reached", f"F-{number}", 5) for number in range(500)]
    found = looks("planner", fresh, {}, [], ())
    assert max(len(one.abouts) for one in found) == 100
    assert len(found) <= 6
