"""The vault's key is changed while it is in use, a killed change goes on, and what a lost key took is told and brought in anew."""

import base64

import pytest

from services.notifier.tables.vault import Vault, number_of
from tests.kits.stack.importing.registry import CONTROL, DUTY, HOSPITAL, KEY, OFFICE, WATER, Desk

NEW = base64.b64encode(b"n" * 32).decode()
INDEX = "a secret that the gateway has too"


@pytest.fixture
async def filled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two customers with three numbers under the old key, and a clerk who has both keys."""
    monkeypatch.setenv("OUTAGE_INDEX_KEY", INDEX)
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, OFFICE, CONTROL)
    monkeypatch.setenv("OUTAGE_VAULT_KEY", NEW)
    monkeypatch.setenv("OUTAGE_VAULT_OTHER_KEYS", KEY)
    return desk


async def opened(desk: Desk, *keys: str) -> list[str | None]:
    """The numbers of all, as a sender with these keys reads them."""
    vault = Vault.from_text(keys[0], INDEX, ",".join(keys[1:]))
    return [await number_of(desk.db, vault, f"{desk.prefix}{name}") for name in ("1-duty", "1-office", "2-control")]


NUMBERS = ["+447700900101", "+447700900102", "+447700900103"]


async def test_the_key_is_changed_and_no_number_is_lost_or_sealed_anew(filled: Desk) -> None:
    before = await filled.db.fetch("select contact_id, sealed, blind_index from contact_vault order by contact_id")
    assert await filled.ctl.json("vault", "status") == {
        "customers": 2,
        "current": 0,
        "other": 2,
        "moved": 0,
        "shut": [],
    }
    assert await opened(filled, KEY, NEW) == await opened(filled, NEW, KEY) == NUMBERS, "either way, before"
    done = await filled.ctl.json("vault", "rotate")
    assert (done["current"], done["other"], done["moved"]) == (2, 0, 2)
    assert await opened(filled, NEW) == NUMBERS
    assert (
        await filled.db.fetch("select contact_id, sealed, blind_index from contact_vault order by contact_id") == before
    )
    assert [reason for reason, _ in await filled.answers("vault rotate")] == ["noted"]
    again = await filled.ctl.json("vault", "rotate")
    assert (again["current"], again["moved"]) == (2, 0)
    assert len(await filled.answers("vault rotate")) == 1, "nothing was left to do, so nothing is on record"


async def test_a_change_that_was_killed_half_way_goes_on(filled: Desk) -> None:
    vault = Vault.from_text(NEW, INDEX, KEY)
    name = f"{filled.prefix}1"
    key = await filled.db.fetchval("select wrapped_key from customer_key where customer_id = $1", name)
    await filled.db.execute(
        "update customer_key set wrapped_key = $2 where customer_id = $1", name, vault.wrapped_anew(name, key)
    )
    assert await opened(filled, NEW, KEY) == NUMBERS
    done = await filled.ctl.json("vault", "rotate")
    assert (done["current"], done["other"], done["moved"]) == (2, 0, 1)
    assert await opened(filled, NEW) == NUMBERS


async def test_while_both_keys_stand_contacts_are_imported_under_the_new_one(filled: Desk) -> None:
    await filled.contacts(DUTY.replace("900101", "900104"), OFFICE, CONTROL)
    assert (await opened(filled, NEW, KEY))[0] == "+447700900104"


async def test_without_an_index_key_of_its_own_nothing_is_changed(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OUTAGE_INDEX_KEY")
    code, said = await filled.ctl.run("vault", "rotate")
    assert code == 2
    assert "OUTAGE_INDEX_KEY is not set" in said


async def test_a_lost_key_is_told_and_its_numbers_are_brought_in_anew(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OUTAGE_VAULT_OTHER_KEYS")
    code, said = await filled.ctl.run("vault", "status")
    assert code == 1
    assert f"These open with no key given: {filled.prefix}1, {filled.prefix}2" in said
    code, said = await filled.ctl.run("vault", "forget-shut", "--count", "3", "--yes")
    assert code == 1
    assert "2 customers' keys open with no key given here, not 3" in said
    assert await filled.db.fetchval("select count(*) from contact_vault") == 3, "nothing was forgotten"
    gone = await filled.ctl.json("vault", "forget-shut", "--count", "2", "--yes")
    assert gone["forgotten"] == [f"{filled.prefix}1", f"{filled.prefix}2"]
    await filled.contacts(DUTY, OFFICE, CONTROL)
    assert await opened(filled, NEW) == NUMBERS
