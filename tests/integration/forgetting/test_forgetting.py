"""What is personal is forgotten after its time, in steps that may die anywhere, and the log is proven as before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from operations.evidence.form import Sealed, digest_of, read
from operations.evidence.verify import verify_bundle
from operations.system.signing_key import public_keys
from schemas.contracts.customers import CustomerErased
from services.kernel.operators.forgetting import FORGOTTEN
from tests.kits.dying import dies_at
from tests.kits.forgetting.archive import DAY, MOVED_TO, STREET, Archive, ctl_ok, sent
from tests.kits.kernel.asked import put
from tests.kits.stack.databases import as_role
from tests.kits.stack.sending import Office


@asynccontextmanager
async def role(office: Office, name: str) -> AsyncIterator[asyncpg.Connection]:
    """The notifier's schema as another role sees it."""
    connection = await asyncpg.connect(as_role(office.dsn, name), server_settings={"search_path": "notifier"})
    try:
        yield connection
    finally:
        await connection.close()


async def test_the_words_of_a_text_are_forgotten_after_three_years_and_that_it_was_sent_is_not(
    archive: Archive,
) -> None:
    office = archive.office
    text = await sent(office)
    words = (await office.row(text))["body"]
    assert words in await archive.everything()
    office.clock.now_ahead = 1094 * DAY
    await archive.a_round()
    assert (await office.row(text))["body"] == words, "a day early"
    assert await archive.steps() == [], "where nothing is due nothing is asked"
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    row = await office.row(text)
    assert (row["body"], row["forgotten_at"] is not None, row["state"]) == (FORGOTTEN, True, "accepted")
    (asked,) = await office.log(text, "message.requested.v1")
    assert (asked["body"], asked["messageId"]) == (FORGOTTEN, text)
    assert words not in await archive.everything()
    (step,) = await archive.steps()
    assert (step["reason"], step["rule"], step["events"], step["days"]) == ("forgotten", "texts", 2, 1095)
    assert await archive.faults() == []
    await archive.a_round()
    assert len(await archive.steps()) == 1


async def test_a_text_that_may_still_be_sent_keeps_its_words_however_old(archive: Archive) -> None:
    text = await archive.office.text()
    archive.office.clock.now_ahead = 2000 * DAY
    await archive.a_round()
    assert (await archive.office.row(text))["body"] != FORGOTTEN


async def test_where_somebody_lived_is_forgotten_and_where_they_live_is_not(archive: Archive) -> None:
    office = archive.office
    await archive.lives_at("KC-50", STREET)
    office.clock.now_ahead = 10 * DAY
    await archive.lives_at("KC-50", MOVED_TO)
    office.clock.now_ahead = 99 * DAY
    await archive.a_round()
    assert STREET in await archive.everything()
    office.clock.now_ahead = 101 * DAY
    await archive.a_round()
    held = await archive.everything()
    assert STREET not in held
    assert MOVED_TO in held
    assert await archive.faults() == []


async def test_of_somebody_who_was_erased_the_log_keeps_no_name_address_or_place(archive: Archive) -> None:
    office = archive.office
    await archive.lives_at("KC-51", STREET)
    await office.say("KC-51", CustomerErased(customer_id="KC-51", erased_at=office.clock.now() + timedelta(seconds=1)))
    office.clock.now_ahead = 91 * DAY
    await archive.a_round()
    held = await archive.everything()
    for word in (STREET, "家庭 KC-51", "114.40713", "23.10519"):
        assert word not in held
    assert await archive.faults() == []


@pytest.mark.parametrize(
    "step", ["request-taken", "forgot-in-the-log", "request-acted", "request-before-commit", "request-after-commit"]
)
async def test_a_step_that_died_anywhere_is_taken_once_and_all_of_it(archive: Archive, step: str) -> None:
    office = archive.office
    texts = [await sent(office), await sent(office)]
    office.clock.now_ahead = 1096 * DAY
    await put(office.pool, office.clock, "forget", {"rule": "texts"}, who="notifier")
    with dies_at(step):
        await archive.operations.once()
    bodies = {(await office.row(text))["body"] == FORGOTTEN for text in texts}
    assert bodies == {step == "request-after-commit"}, "all of it or nothing"
    for _ in range(2):
        await archive.operations.once()
    assert [(await office.row(text))["body"] for text in texts] == [FORGOTTEN] * 2
    assert [one["events"] for one in await archive.steps()] == [4], "what was asked for, and what it might share"
    assert await archive.faults() == []


async def test_whoever_asks_nothing_younger_than_the_setting_is_forgotten(archive: Archive) -> None:
    office = archive.office
    text = await sent(office)
    office.clock.now_ahead = 400 * DAY
    await put(office.pool, office.clock, "forget", {"rule": "texts"}, who="eve")
    await put(office.pool, office.clock, "forget", {"rule": "everything"}, who="eve")
    await archive.operations.once()
    assert (await office.row(text))["body"] != FORGOTTEN
    answers = await office.pool.fetch(
        "select reason from event where type in ('operator.done.v1', 'operator.refused.v1') order by position"
    )
    assert [row["reason"] for row in answers] == ["nothing-to-forget", "no-such-rule"]


async def test_the_service_may_take_out_what_the_table_names_and_change_nothing_else(archive: Archive) -> None:
    office = archive.office
    await sent(office)
    async with role(office, "outage_notifier") as service:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("update event set data = '{}'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(
                "insert into forgettable values ('texts', 'message.accepted.v1', 'providerSid', 'null')"
            )
        everything = (
            "select count(*) from forget_events(gen_random_uuid(), 'texts', array(select position from event), now())"
        )
        assert await service.fetchval(everything) == 0, "no request asks for it"
    async with role(office, "outage_operator") as operator:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await operator.fetchval(everything)


async def test_an_audit_finds_what_was_changed_under_the_name_of_forgetting(archive: Archive) -> None:
    office = archive.office
    text = await sent(office)
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    await office.pool.execute(
        """update event set data = (data::jsonb || '{"trigger": "restored"}')::json where type = 'message.requested.v1'"""
    )
    assert any("is not what was left when it was forgotten" in fault for fault in await archive.faults())
    await office.pool.execute(
        """update event set data = (data::jsonb || '{"trigger": "fault"}')::json where type = 'message.requested.v1'"""
    )
    assert await archive.faults() == []
    await office.pool.execute(
        "insert into forgotten select position, gen_random_uuid(), 'texts', now(), sha256(convert_to(data::text, 'UTF8'))"
        " from event where type = 'message.accepted.v1' and data ->> 'messageId' = $1",
        text,
    )
    assert any("of which the log does not know" in fault for fault in await archive.faults())


async def test_evidence_says_what_was_forgotten_when_and_by_which_rule_and_is_proven(archive: Archive) -> None:
    office, key = archive.office, archive.folder / "heads.pem"
    await sent(office)
    await ctl_ok(archive, "heads", "key", "new", str(key))
    await ctl_ok(
        archive,
        "heads",
        "sign",
        "--key",
        str(key),
        "--service",
        "notifier",
        "--to",
        str(archive.folder / "heads.jsonl"),
    )
    office.clock.now_ahead = 1096 * DAY
    await archive.a_round()
    file = archive.folder / "bundle.json"
    await ctl_ok(archive, "evidence", "F-1", "--out", str(file), "--key", str(key), "--sign-now")
    sealed = read(file)
    keys = public_keys([Path(f"{key}.pub")])
    report = verify_bundle(sealed, keys)
    assert [text for one in report.checks for text in one.faults] == []
    notes = {name for one in report.checks for name in one.notes}
    day = office.clock.now().date().isoformat()
    assert f"forgotten on {day}, by rule texts" in notes
    assert any(event.stream_id.startswith("operator/") for event in sealed.bundle.events)

    def faults(**changes: Any) -> list[str]:
        events = tuple(
            msgspec.structs.replace(one, **changes) if one.type == "message.requested.v1" else one
            for one in sealed.bundle.events
        )
        forged = msgspec.structs.replace(sealed.bundle, events=events)
        made = Sealed(bundle=forged, digest=digest_of(forged), signature=sealed.signature)
        return [text for one in verify_bundle(made, keys).checks if one.name == "events" for text in one.faults]

    (asked,) = [one for one in sealed.bundle.events if one.type == "message.requested.v1"]
    assert asked.data is not None
    other = asked.data.replace(FORGOTTEN, "Power is back.")
    assert any("what request" in fault for fault in faults(data=other))
    assert any("not the event that was hashed" in fault for fault in faults(forgotten=msgspec.UNSET))
