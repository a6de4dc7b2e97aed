"""Which texts the sender may claim, on a real PostgreSQL: none that says "off" where the tables know better."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from schemas.contracts.base import Extent, encode
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import NOTICES, SAYS_OFF
from services.notifier.domain.events import AudienceDue
from services.notifier.domain.outage.cut import Status
from services.notifier.domain.outage.truth import Perhaps, Truth
from tests.kits.deciders.notifier import at
from tests.kits.stack.tables.notifier import HOME, LANES, SENDING, Connection, asked, claim, tables

GATE = queries(HOME / "gate.sql")


@pytest.fixture
async def db(postgres: str) -> AsyncIterator[Connection]:
    async with tables(postgres) as connection:
        yield connection


async def test_claims_use_their_index(db: Connection) -> None:
    await db.execute("set enable_seqscan = off")
    plan = await db.fetch(
        "explain " + SENDING["claim"],
        at(5, 9),
        at(5, 9),
        10,
        at(5, 10),
        "twilio",
        *LANES,
        ["CN"],
        None,
        sorted(SAYS_OFF),
        "twilio",
        sorted(NOTICES),
    )
    assert any("notification_claim" in row[0] for row in plan)


async def put_truth(
    db: Connection,
    mrid: str,
    status: Status,
    *,
    done: bool,
    said_to_be_back: bool = False,
    perhaps: Perhaps | None = None,
) -> None:
    """What the outage's newest truth is by the table, and whether its customers were all told."""
    now = Truth(
        outage_class="fault", status=status, extent=Extent(), proof_pending=said_to_be_back, perhaps_restored=perhaps
    )
    due = encode(AudienceDue(mrid=mrid, outage_version=2, truth=now, trigger="test")).decode()
    await db.execute(
        """insert into fanout_job (mrid, version, due, done) values ($1, 2, $2, $3)
        on conflict (mrid) do update set due = excluded.due, done = excluded.done""",
        mrid,
        due,
        done,
    )


async def test_a_text_that_power_is_off_waits_while_its_customers_have_yet_to_hear_that_it_is_back(
    db: Connection,
) -> None:
    text = await asked(db)
    (mrid,) = await db.fetchval("select mrids from notification")
    await put_truth(db, mrid, "restored", done=False)
    assert await claim(db) == []
    await put_truth(db, mrid, "out", done=False, said_to_be_back=True)
    assert await claim(db) == [], "dispatch says it is back"
    await put_truth(db, mrid, "out", done=True, said_to_be_back=True)
    assert await claim(db) == [text], "they heard so, and whoever decides on texts knew it"


async def test_it_waits_until_who_decides_on_texts_has_heard_that_the_list_lacks_the_outage(db: Connection) -> None:
    text = await asked(db)
    (mrid,) = await db.fetchval("select mrids from notification")
    await put_truth(db, mrid, "out", done=False, perhaps="held")
    assert await claim(db) == [], "perhaps it is back: what the clock called for is withdrawn"
    await put_truth(db, mrid, "out", done=True, perhaps="held")
    assert await claim(db) == [text], "they heard so, and it is the first word to them"


async def test_a_list_that_lacks_the_outage_for_too_long_holds_nothing(db: Connection) -> None:
    text = await asked(db)
    await put_truth(db, await db.fetchval("select mrids[1] from notification"), "out", done=False, perhaps="asked")
    assert await claim(db) == [text]


@pytest.mark.parametrize(("status", "done"), [("out", False), ("part-restored", False), ("restored", True)])
async def test_a_text_that_power_is_off_goes_where_it_is_or_where_all_is_told(
    db: Connection, status: Status, *, done: bool
) -> None:
    text = await asked(db)
    await put_truth(db, await db.fetchval("select mrids[1] from notification"), status, done=done)
    assert await claim(db) == [text]


async def put_word(db: Connection, mrid: str, *, touched: bool, version: int = 2) -> UUID:
    """The customer of the text is told of the outage's newest truth, by a word on its way."""
    word = uuid4()
    await db.execute(
        """insert into audience_member (mrid, customer_id, truth_version, touched, word_id)
        select $1, customer_id, $2, $3, $4 from notification""",
        mrid,
        version,
        touched,
        word,
    )
    return word


async def hears(db: Connection, word: UUID, *, outcome: str = "appended") -> None:
    await db.execute(
        """insert into inbox (source, id, type, digest, taken_at, outcome, reason, events)
        values ('/outage/notifier', $1, 'customer.touched.v1', '', now(), $2, 'test', 0)
        on conflict (source, id) do update set outcome = excluded.outcome""",
        str(word),
        outcome,
    )


@pytest.mark.parametrize(
    ("status", "touched", "said_to_be_back"),
    [("restored", True, False), ("out", True, True), ("part-restored", False, False)],
    ids=["it is over", "it is said to be over", "it is over for them"],
)
async def test_a_text_that_power_is_off_waits_while_the_word_of_its_end_is_on_its_way_to_the_conversation(
    db: Connection, status: Status, *, touched: bool, said_to_be_back: bool
) -> None:
    text = await asked(db)
    (mrid,) = await db.fetchval("select mrids from notification")
    await put_truth(db, mrid, status, done=True, said_to_be_back=said_to_be_back)
    word = await put_word(db, mrid, touched=touched)
    assert await claim(db) == []
    await hears(db, word, outcome="quarantined")
    assert await claim(db) == [], "it lies in quarantine: they have not heard it"
    await hears(db, word)
    assert await claim(db) == [text], "they heard so, and whoever decides on texts knew it"


async def test_a_text_that_power_is_off_waits_while_places_were_taken_from_the_outage_and_they_are_not_told(
    db: Connection,
) -> None:
    text = await asked(db)
    (mrid,) = await db.fetchval("select mrids from notification")
    await put_truth(db, mrid, "part-restored", done=False)
    await db.execute("update fanout_job set narrowed = 'step'")
    assert await claim(db) == [], "they may be among those who have power again"
    await put_word(db, mrid, touched=True)
    assert await claim(db) == [text], "still off for them: that word takes nothing back"


async def test_a_chunk_that_waits_for_a_person_silences_nobody_in_the_dark(db: Connection) -> None:
    text = await asked(db)
    (mrid,) = await db.fetchval("select mrids from notification")
    await put_truth(db, mrid, "part-restored", done=False)
    await db.execute("update fanout_job set narrowed = 'step'")
    await db.execute(
        "insert into stream (stream_id, partition, version, chain, parked_by) values ($1, 0, 0, '', $2)",
        f"fanout/{mrid}/2/1",
        uuid4(),
    )
    assert await claim(db) == [text]


async def test_a_text_about_two_outages_goes_while_one_of_them_holds(db: Connection) -> None:
    text = await asked(db)
    await db.execute("update notification set mrids = mrids || '{F-2}'::text[]")
    await put_truth(db, await db.fetchval("select mrids[1] from notification"), "restored", done=False)
    await put_truth(db, "F-2", "out", done=False)
    assert await claim(db) == [text]


async def test_nobody_waits_for_a_chunk_that_a_person_gave_up(db: Connection) -> None:
    await put_truth(db, "F-9", "out", done=False)
    assert [row["mrid"] for row in await db.fetch(GATE["fanouts_open"], None, None)] == ["F-9"]
    await db.execute(
        """insert into inbox (source, id, type, digest, taken_at, outcome, reason, events)
        values ('/outage/notifier/fanout', 'F-9/2/1', 'audience.next.v1', '', now(), 'quarantined', 'given-up', 0)"""
    )
    assert await db.fetch(GATE["fanouts_open"], None, None) == []
    assert await db.fetch(GATE["fanouts_open"], ["F-9"], [1]) == []


async def test_a_claim_that_its_sender_never_heard_of_goes_back_and_nobody_elses_does(db: Connection) -> None:
    text = await asked(db)
    assert await claim(db) == [text]
    given = ([text], [1])
    assert await db.fetch(SENDING["give_back"], *given, 8, at(5, 9, 16)) == [], "another sender has that attempt"
    assert [row["message_id"] for row in await db.fetch(SENDING["give_back"], *given, 7, at(5, 9, 16))] == [text]
    assert await claim(db) == [text]
    assert await db.fetch(SENDING["give_back"], *given, 7, at(5, 9, 17)) == [], "its second attempt may be posted"
    assert [tuple(row) for row in await db.fetch("select n, outcome from attempt order by n")] == [
        (1, "not-created"),
        (2, "in-flight"),
    ]


async def test_a_claim_that_is_being_looked_up_is_not_given_back(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await db.execute(SENDING["lose_answer"], text, 1)
    await db.execute(SENDING["mark_unknown"], text, 1, None)
    assert await db.fetch(SENDING["give_back"], [text], [1], 7, at(5, 9, 16)) == []


async def says_that_it_is_back(db: Connection, trigger: str = "restored") -> tuple[str, str]:
    """A text that power is back under one outage; its id and the outage."""
    text = await asked(db)
    await db.execute("update notification set trigger = $1", trigger)
    return text, await db.fetchval("select mrids[1] from notification")


async def test_a_text_that_power_is_back_waits_while_its_customers_have_yet_to_hear_that_it_is_off_again(
    db: Connection,
) -> None:
    text, mrid = await says_that_it_is_back(db)
    await put_truth(db, mrid, "out", done=False)
    assert await claim(db) == [], "off again, and not said to them yet"
    word = await put_word(db, mrid, touched=True)
    assert await claim(db) == [], "said, and on its way to their conversation"
    await hears(db, word, outcome="quarantined")
    assert await claim(db) == [], "it lies in quarantine: they have not heard it"
    await hears(db, word)
    assert await claim(db) == [text], "they heard so, and whoever decides on texts knew it"


@pytest.mark.parametrize(
    ("trigger", "status", "touched", "goes"),
    [
        ("restored", "restored", True, True),
        ("restored", "part-restored", True, False),
        ("part-restored", "part-restored", True, True),
        ("part-restored", "out", True, False),
        ("correction", "out", False, True),
    ],
    ids=["it is over", "not for all", "a part, as it says", "off again as a whole", "it was never theirs"],
)
async def test_a_text_that_power_is_back_goes_where_what_is_news_of_its_outage_is_not_that_it_is_off_for_them(
    db: Connection, trigger: str, status: Status, *, touched: bool, goes: bool
) -> None:
    text, mrid = await says_that_it_is_back(db, trigger)
    await hears(db, await put_word(db, mrid, touched=touched, version=1))
    await put_truth(db, mrid, status, done=False)
    assert await claim(db) == ([text] if goes else [])


async def test_a_text_about_planned_work_waits_for_whatever_is_news_of_it(db: Connection) -> None:
    text, mrid = await says_that_it_is_back(db, "planned-notice")
    await put_truth(db, mrid, "restored", done=False)
    assert await claim(db) == []
    word = await put_word(db, mrid, touched=False)
    assert await claim(db) == []
    await hears(db, word)
    assert await claim(db) == [text]


async def test_no_text_waits_for_a_chunk_that_waits_for_a_person_or_was_given_up_by_one(db: Connection) -> None:
    text, mrid = await says_that_it_is_back(db)
    await put_truth(db, mrid, "out", done=False)
    async with db.transaction():
        await db.execute(
            "insert into stream (stream_id, partition, version, chain, parked_by) values ($1, 0, 0, '', $2)",
            f"fanout/{mrid}/2/1",
            uuid4(),
        )
        assert await claim(db) == [text]
        await db.execute("delete from attempt")
        await db.execute("update notification set state = 'ready', lease_until = null, attempts = 0")
        await db.execute("update stream set parked_by = null")
        assert await claim(db) == []
        await db.execute(
            """insert into inbox (source, id, type, digest, taken_at, outcome, reason, events)
            values ('/outage/notifier/fanout', $1, 'audience.next.v1', '', now(), 'quarantined', 'given-up', 0)""",
            f"{mrid}/2/1",
        )
        assert await claim(db) == [text]
