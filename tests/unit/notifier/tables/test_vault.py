"""Phone numbers: sealed under a customer's own key, found without being kept, gone when the key is gone."""

import hashlib
import hmac
from base64 import b64encode

import pytest

from services.notifier.tables.vault import Vault, VaultError

MASTER = bytes(range(32))
NUMBER = "+447700900123"


def test_a_number_comes_back_as_it_was_put() -> None:
    vault = Vault(MASTER)
    key = vault.new_customer_key("hospital")
    sealed = vault.seal("hospital", key, "duty", NUMBER)
    assert vault.open("hospital", key, "duty", sealed) == NUMBER
    assert NUMBER.encode() not in sealed
    assert vault.seal("hospital", key, "duty", NUMBER) != sealed, "the same number never looks the same"


def test_a_row_moved_or_changed_does_not_open() -> None:
    vault = Vault(MASTER)
    key = vault.new_customer_key("hospital")
    sealed = vault.seal("hospital", key, "duty", NUMBER)
    for customer, wrapped, contact, row in (
        ("hospital", key, "head", sealed),
        ("school", key, "duty", sealed),
        ("hospital", vault.new_customer_key("hospital"), "duty", sealed),
        ("hospital", key, "duty", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("hospital", key, "duty", b""),
    ):
        with pytest.raises(VaultError, match="does not open"):
            vault.open(customer, wrapped, contact, row)


def test_another_master_key_opens_nothing() -> None:
    key = Vault(MASTER).new_customer_key("hospital")
    with pytest.raises(VaultError, match="wrong master key"):
        Vault(bytes(32)).seal("hospital", key, "duty", NUMBER)


def test_the_blind_index_is_the_gateways_where_its_key_is_given() -> None:
    shared = "0123456789abcdef"
    vault = Vault.from_text(b64encode(MASTER).decode(), shared)
    assert vault.blind_index(NUMBER) == hmac.new(shared.encode(), NUMBER.encode(), hashlib.sha256).hexdigest()
    assert Vault(MASTER).blind_index(NUMBER) == Vault(MASTER).blind_index(NUMBER) != vault.blind_index(NUMBER)


@pytest.mark.parametrize("text", ["", "not base64!", b64encode(b"short").decode()])
def test_a_wrong_key_says_what_is_wanted_and_not_what_was_given(text: str) -> None:
    with pytest.raises(VaultError, match="32 random") as caught:
        Vault.from_text(text)
    assert not text or text not in str(caught.value)


def test_a_vault_shows_nothing_of_itself() -> None:
    assert repr(Vault(MASTER)) == "Vault(…)"
