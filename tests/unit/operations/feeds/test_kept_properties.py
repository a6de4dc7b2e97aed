"""Wherever a poller dies, Kafka has in the end what one that never died tells: no fact less, none under another id."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds import bchydro
from connectors.feeds.snapshots import SnapshotFeed
from operations.feeds.kept import FeedFile
from tests.kits.lists.polled import at, row

DEATHS = ("none", "before-it-is-written", "before-it-is-sent", "before-that-is-written")
crews = st.sampled_from(["Crew assigned", "Crew on-site", "Suspended", "?"])
listed = st.dictionaries(st.integers(1, 6), crews, max_size=6)
bodies = st.one_of(
    listed.map(lambda found: [row(id=number, crewStatusDescription=crew) for number, crew in found.items()]),
    st.sampled_from(["", "<html>", [{"id": None}]]),
)
polls = st.lists(st.tuples(st.integers(5, 40), bodies, st.sampled_from(DEATHS)), max_size=12)


@given(polls)
@settings(max_examples=80)
def test_a_poller_that_dies_anywhere_tells_what_one_that_never_died_tells(drawn: list[tuple[int, Any, str]]) -> None:
    never_died = SnapshotFeed(bchydro.SOURCE)
    kafka: list[tuple[str, bytes]] = []
    due: list[tuple[str, bytes]] = []
    with TemporaryDirectory() as folder:
        minutes, path = 0, Path(folder) / "feed.json"
        for step, document, death in drawn:
            minutes += step
            body = document if isinstance(document, str) else json.dumps(document)
            with FeedFile(path, bchydro.SOURCE) as file:
                kafka += [(one.id, msgspec.json.encode(one.data)) for one in file.waiting]
                file.sent()
                if death == "before-it-is-written":
                    continue
                due += [(one.id, msgspec.json.encode(one.data)) for one in never_died.take(at(minutes), body).events]
                file.take(at(minutes), body)
                if death == "before-it-is-sent":
                    continue
                kafka += [(one.id, msgspec.json.encode(one.data)) for one in file.waiting]
                if death != "before-that-is-written":
                    file.sent()
        with FeedFile(path, bchydro.SOURCE) as file:
            kafka += [(one.id, msgspec.json.encode(one.data)) for one in file.waiting]
            assert file.feed.dump() == never_died.dump()
    assert list(dict.fromkeys(kafka)) == due, "in their order, each taken once by its id"
