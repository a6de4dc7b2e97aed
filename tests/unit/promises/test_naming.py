"""The id of a promise says what it is about, whatever its rule is called."""

from hypothesis import given
from hypothesis import strategies as st

from services.promises import count_of, episode_of, name_of, subject_of

SUBJECTS = st.text("FP-/.12", min_size=1)
RULES = st.text("cn/.12-", min_size=1).filter(lambda name: name.strip("/"))
COUNTS = st.integers(1, 120)


def test_the_first_promise_bears_no_count() -> None:
    assert name_of("P-1/2", "cn.public-notice") == "P-1/2/cn.public-notice"
    assert name_of("P-1/2", "cn.public-notice", count=2) == "P-1/2/cn.public-notice.2"
    assert name_of("F-7", "cn.fault-done", episode=3, count=2) == "F-7/cn.fault-done/3.2"


@given(SUBJECTS, RULES, COUNTS)
def test_a_promise_of_a_notice_names_it_and_its_count(subject: str, rule: str, count: int) -> None:
    name = name_of(subject, rule, count=count)
    assert (subject_of(name, rule), count_of(name, rule)) == (subject, count)


@given(SUBJECTS, RULES, COUNTS, st.integers(1, 99))
def test_a_promise_of_an_episode_names_it_and_its_count(subject: str, rule: str, count: int, episode: int) -> None:
    name = name_of(subject, rule, episode=episode, count=count)
    assert episode_of(name) == episode
