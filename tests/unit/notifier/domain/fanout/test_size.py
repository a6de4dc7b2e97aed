"""What is told to one customer carries what concerns that customer, and a chunk is as long as its words are."""

from typing import Any

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, encode
from services.concerned.matching import MOST_NAMED, CustomerExtent, match
from services.kernel.bounds import MIB
from services.kernel.model import Message
from services.notifier.domain.events import AUDIENCE_NEXT, AudienceChunk, AudienceDue, AudienceNext
from services.notifier.domain.fanout.decider import CHUNK_BYTES, FanoutCandidate, FanoutFacts, FanoutJob, NotifierFanout
from services.notifier.domain.outage.truth import Truth
from services.places import normal
from tests.kits.deciders.notifier import at, customer

POINTS = tuple(f"up-{number:06}" for number in range(20_000))
WEST = f"line:{normal('10千伏城西线')}"
EVERYWHERE = Extent(lines=("10千伏城东线", "10千伏城西线"), areas=("中山路", "人民路"), usage_points=POINTS)


def told(candidates: tuple[FanoutCandidate, ...], extent: Extent = EVERYWHERE) -> list[Any]:
    due = AudienceDue(
        mrid="F1",
        outage_version=1,
        truth=Truth(outage_class="fault", status="out", extent=extent, started_at=at(5, 9)),
        trigger="outage.started.v1",
    )
    asked = AudienceNext(mrid="F1", outage_version=1, number=1)
    message = Message("/test", "1", AUDIENCE_NEXT, at(5, 9), asked, "F1", 0, recorded_at=at(5, 9))
    decider = NotifierFanout()
    decided = decider.decide(
        decider.initial("fanout/F1/1/1"), FanoutFacts(FanoutJob(due), candidates, more=False), message, at(5, 9)
    )
    return [event.data for event in decided.events]


def test_a_word_of_an_outage_of_20_000_usage_points_fits_in_a_kilobyte() -> None:
    candidates = tuple(FanoutCandidate(f"customer-{n}", (f"usagePoint:up-{n:06}",), None) for n in range(1_000))
    chunk, *words = told(candidates)
    assert chunk.told == 1_000
    assert max(len(encode(word)) for word in words) < 1_024
    assert words[7].extent == Extent(lines=("10千伏城东线",), areas=("中山路",), usage_points=("up-000007",))


def test_a_customer_reads_of_their_own_line_and_area_else_of_the_first() -> None:
    concern = CustomerExtent(EVERYWHERE)
    assert concern.of([WEST]).lines == ("10千伏城西线",)
    assert concern.of([WEST]).areas == ("中山路",)
    assert concern.of(["area:人民路", "area:中山路"]).areas == ("中山路", "人民路"), "in the order of the outage"
    assert concern.of([]) == Extent(lines=("10千伏城东线",), areas=("中山路",))


def test_names_are_told_as_the_outage_wrote_them() -> None:
    concern = CustomerExtent(Extent(usage_points=("ＵＰ－１", "up 2")))
    (found,) = match(Extent(usage_points=("ＵＰ－１", "up 2")), [customer(usage_points=("up-1", "UP2"))])
    assert concern.of(found.matched_by).usage_points == ("ＵＰ－１", "up 2")


def test_of_a_customer_at_thousands_of_places_some_are_named() -> None:
    (found,) = match(EVERYWHERE, [customer(lines=("10千伏城东线",), areas=(), usage_points=POINTS)])
    assert len(found.matched_by) == MOST_NAMED
    assert found.matched_by[0] == f"line:{normal(EVERYWHERE.lines[0])}"


def test_a_chunk_ends_where_its_words_would_fill_the_memory_and_the_next_goes_on_there() -> None:
    names = tuple(f"usagePoint:{number:0180}" for number in range(MOST_NAMED))
    candidates = tuple(FanoutCandidate(f"customer-{number:04}", names, None) for number in range(1_000))
    chunk, *words = told(candidates, Extent(usage_points=tuple(name.partition(":")[2] for name in names)))
    assert isinstance(chunk, AudienceChunk)
    assert all(isinstance(word, CustomerTouched) for word in words)
    assert 0 < chunk.told < 1_000
    assert chunk.upto == words[-1].customer_id
    assert sum(len(encode(word)) for word in words) < CHUNK_BYTES + MIB
