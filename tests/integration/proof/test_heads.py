"""Signed heads find what a hash chain cannot: a database that was rewritten, chains and all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.audit.report import Report
from operations.heads.check import check_heads
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.model import Event
from services.kernel.proof.heads import HeadError, SignedHead, key_id, make, read_head, sign, stored
from services.kernel.streams.log import link
from tests.kits.ctl import Ctl
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import Bench, toy_bench

KEY = Ed25519PrivateKey.generate()
KEYS = {key_id(KEY.public_key()): KEY.public_key()}


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        yield made


async def take(bench: Bench, *names: str) -> None:
    """One enquiry about each of two outages by turns."""
    records = [
        tell(
            bench.broker,
            "enquiry.received.v1",
            EnquiryReceived(mrid=f"o{number % 2}", enquiry_id=name, received_at=START),
            id=name,
        )
        for number, name in enumerate(names)
    ]
    assert (await bench.ingest.take(records)).appended == len(names)


async def three_days(bench: Bench) -> list[SignedHead]:
    """Three days of events, each signed at its end, and some of today."""
    for day, names in enumerate((("a", "b", "c"), ("d",), ("e", "f"))):
        await take(bench, *names)
        assert await make(bench.connection, "toy", KEY, START + timedelta(days=day))
    await take(bench, "today")
    return await stored(bench.connection)


async def look(bench: Bench, exported: list[SignedHead] | None = None) -> Report:
    report = Report()
    async with bench.connection.transaction():
        await check_heads(bench.connection, "toy", KEYS, exported, report)
    return report


async def faults(bench: Bench, exported: list[SignedHead] | None = None) -> dict[str, list[str]]:
    return {check.name: check.faults for check in (await look(bench, exported)).checks if check.faults}


async def test_each_head_vouches_for_all_before_it_and_reads_only_what_is_new(bench: Bench) -> None:
    heads = [read_head(one) for one in await three_days(bench)]
    assert [(h.number, h.size, h.count) for h in heads] == [(1, 3, 3), (2, 1, 4), (3, 2, 6)]
    assert [h.previous is None for h in heads] == [True, False, False]
    report = await look(bench)
    assert report.passed
    log = next(check for check in report.checks if check.name == "log")
    assert (log.checked, log.notes) == (6, {"heads": 3, "log goes on after the last head": 1})


async def test_a_log_with_nothing_new_gets_no_further_head(bench: Bench) -> None:
    assert await make(bench.connection, "toy", KEY, START) is None, "an empty log"
    await take(bench, "a")
    assert await make(bench.connection, "toy", KEY, START)
    assert await make(bench.connection, "toy", KEY, START + timedelta(days=1)) is None


@pytest.mark.parametrize("left", [0, 2], ids=["emptied", "cut"])
async def test_no_head_is_signed_over_a_log_that_lost_its_end(bench: Bench, left: int) -> None:
    await take(bench, "a", "b", "c")
    assert await make(bench.connection, "toy", KEY, START)
    await bench.connection.execute("delete from event where position > $1", left)
    with pytest.raises(HeadError, match=r"head 1 .* ends at"):
        await make(bench.connection, "toy", KEY, START + timedelta(days=1))


async def rewrite(connection: asyncpg.Connection) -> None:
    """What somebody with all rights and our code might do: another word, and every hash after it made to fit."""
    await connection.execute("update event set data = replace(data::text, '\"a\"', '\"z\"')::json")
    chain = b""
    for row in await connection.fetch("select * from event where stream_id = 'outage/o0' order by version"):
        event = Event(
            row["stream_id"],
            row["version"],
            row["event_id"],
            row["type"],
            None,
            row["decided_at"],
            row["cause"],
            row["reason"],
        )
        chain = link(chain, event, row["data"].encode())
        await connection.execute("update event set chain = $2 where position = $1", row["position"], chain)
    await connection.execute("update stream set chain = $1 where stream_id = 'outage/o0'", chain)


async def test_a_rewritten_log_whose_chains_fit_is_found_by_its_heads(bench: Bench) -> None:
    await three_days(bench)
    before = await bench.faults()
    await rewrite(bench.connection)
    after = await bench.faults()
    assert "chains" not in before
    assert "chains" not in after
    found = await faults(bench)
    assert set(found) == {"log"}
    assert [text.split(" is not what")[0] for text in found["log"]] == [
        f"what lies under head {n} of {(START + timedelta(days=n - 1)).isoformat()} (positions up to {p})"
        for n, p in ((1, 3), (2, 4), (3, 6))
    ], "the first day's event, and the later ones of its stream, which were hashed anew"


@pytest.mark.parametrize(
    "damage",
    [
        "update event set data = replace(data::text, '\"d\"', '\"z\"')::json",
        "update event set reason = 'other' where position = 4",
        "delete from event where position = 4",
        "update event set position = 40 where position = 4",
    ],
)
async def test_one_changed_row_is_named_with_its_day(bench: Bench, damage: str) -> None:
    await three_days(bench)
    await bench.connection.execute(damage.replace("position = 40", "position = default"))
    found = await faults(bench)
    assert "head 2 of" in found["log"][0]


async def test_a_database_whose_heads_were_made_anew_is_found_against_the_exported_file(bench: Bench) -> None:
    exported = await three_days(bench)
    assert await faults(bench, exported) == {}
    await rewrite(bench.connection)
    await bench.connection.execute("delete from head")
    assert await make(bench.connection, "toy", KEY, START), "the thief has the key too"
    assert await faults(bench) == {}
    found = await faults(bench, exported)
    assert [text.split(" in the")[0] for text in found["exported"]] == [
        f"head 1 of {START.isoformat()} is another one",
        *(
            f"head {n} of {(START + timedelta(days=n - 1)).isoformat()} was exported, but the database does not have it"
            for n in (2, 3)
        ),
    ]


async def test_a_head_of_another_key_or_place_is_named(bench: Bench) -> None:
    heads = await three_days(bench)
    other = Ed25519PrivateKey.generate()
    foreign = sign(read_head(heads[1]), other)
    await bench.connection.execute("update head set signature = $1 where number = 2", bytes.fromhex(foreign.signature))
    assert "does not carry the signature" in (await faults(bench))["heads"][0]
    await bench.connection.execute("delete from head where number = 2")
    texts = (await faults(bench))["heads"]
    assert texts[0] == "head 3 of toy stands where head 2 is due"
    assert "follows another head" in texts[1]


async def test_two_signers_at_once_make_one_head(bench: Bench) -> None:
    await take(bench, "a", "b")
    async with bench.pool.acquire() as one, bench.pool.acquire() as two:
        made = await asyncio.gather(make(one, "toy", KEY, START), make(two, "toy", KEY, START))
    assert sorted(head is None for head in made) == [False, True]


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, ctl: Ctl) -> None:
    file = tmp_path / "heads.pem"
    assert ctl.here("heads", "key", "new", str(file)).code == 0
    assert file.stat().st_mode & 0o077 == 0
    assert b"PRIVATE" not in (tmp_path / "heads.pem.pub").read_bytes()
    before = file.read_bytes()
    code, _, said = ctl.here("heads", "key", "new", str(file))
    assert (code, "never overwritten" in said) == (1, True)
    assert file.read_bytes() == before
