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


OTHER = bytes(range(1, 33))


def test_while_the_key_is_changed_either_opens_what_the_other_wrapped() -> None:
    for first, second in ((MASTER, OTHER), (OTHER, MASTER)):
        key = Vault(first).new_customer_key("hospital")
        sealed = Vault(first).seal("hospital", key, "duty", NUMBER)
        both = Vault(second, other_keys=[first])
        assert both.open("hospital", key, "duty", sealed) == NUMBER
        assert not both.is_current("hospital", key)


def test_wrapped_anew_a_customers_key_opens_with_the_new_master_key_alone_and_the_numbers_stay_as_they_are() -> None:
    key = Vault(MASTER).new_customer_key("hospital")
    sealed = Vault(MASTER).seal("hospital", key, "duty", NUMBER)
    anew = Vault(OTHER, other_keys=[MASTER]).wrapped_anew("hospital", key)
    assert Vault(OTHER).is_current("hospital", anew)
    assert Vault(OTHER).open("hospital", anew, "duty", sealed) == NUMBER
    with pytest.raises(VaultError, match="does not open"):
        Vault(MASTER).open("hospital", anew, "duty", sealed)


def test_what_none_of_the_keys_opens_is_not_wrapped_anew() -> None:
    key = Vault(bytes(32)).new_customer_key("hospital")
    with pytest.raises(VaultError, match="kept for hospital"):
        Vault(OTHER, other_keys=[MASTER]).wrapped_anew("hospital", key)


def test_other_keys_are_given_with_commas_between() -> None:
    text = [b64encode(key).decode() for key in (OTHER, MASTER, bytes(32))]
    vault = Vault.from_text(text[0], None, f"{text[1]}, {text[2]},")
    for key in (MASTER, bytes(32)):
        vault.check("hospital", Vault(key).new_customer_key("hospital"))
    with pytest.raises(VaultError, match="not base64"):
        Vault.from_text(text[0], None, "?")
