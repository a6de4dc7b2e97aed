"""Keep phone numbers encrypted, each customer's under a key of their own: erasing the key erases the person.

Data keys are wrapped by the master key; both with AES-256-GCM (NIST SP 800-38D), the owner's id as associated data, so
that a row moved to another customer or contact does not open. Messages and the log hold contact ids only.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "vault.sql")
KEY_BYTES = 32
NONCE_BYTES = 12
E164 = re.compile(r"\+[1-9]\d{6,14}")


class VaultError(Exception):
    """The vault cannot do this; the message says why and never repeats a number."""


class Vault:
    """Seals and opens. `master_key`: 32 bytes; `index_key`: the gateway's own, for the blind index; else derived.

    `other_keys` open too, and seal nothing: while the master key is changed, the next one or the one before.
    """

    def __init__(self, master_key: bytes, index_key: bytes | None = None, other_keys: Sequence[bytes] = ()) -> None:
        self._master, *others = map(_cipher, (master_key, *other_keys))
        self._others = tuple(others)
        self._index = index_key or HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"blind index").derive(master_key)

    @classmethod
    def from_text(cls, master_key: str, index_key: str | None = None, other_keys: str | None = None) -> "Vault":
        """The vault whose master key is given in base64, and whose index key, if any, as the gateway has it.

        `other_keys`: in base64 too, with commas between.

        Raises:
            VaultError: not base64, or not 32 bytes.

        """
        others = [_from_base64(text) for text in (other_keys or "").split(",") if text.strip()]
        return cls(_from_base64(master_key), index_key.encode() if index_key else None, others)

    def __repr__(self) -> str:
        """Nothing of the keys."""
        return "Vault(…)"

    def new_customer_key(self, customer_id: str) -> bytes:
        """A fresh data key for a customer, wrapped: what customer_key holds."""
        return _seal(self._master, secrets.token_bytes(KEY_BYTES), customer_id)

    def check(self, customer_id: str, wrapped_key: bytes) -> None:
        """Open a customer's key.

        Raises:
            VaultError: it is another customer's or was wrapped by another master key.

        """
        self._data_key(customer_id, wrapped_key)

    def is_current(self, customer_id: str, wrapped_key: bytes) -> bool:
        """Whether a customer's key is wrapped by the master key itself, and by none of the others."""
        try:
            _open(self._master, wrapped_key, customer_id)
        except VaultError:
            return False
        return True

    def wrapped_anew(self, customer_id: str, wrapped_key: bytes) -> bytes:
        """The same customer's key, wrapped by the master key.

        Raises:
            VaultError: none of the keys opens it.

        """
        return _seal(self._master, self._unwrapped(customer_id, wrapped_key), customer_id)

    def seal(self, customer_id: str, wrapped_key: bytes, contact_id: str, number: str) -> bytes:
        """A number under its customer's key.

        Raises:
            VaultError: the key is another customer's or was wrapped by another master key.

        """
        return _seal(self._data_key(customer_id, wrapped_key), number.encode(), contact_id)

    def open(self, customer_id: str, wrapped_key: bytes, contact_id: str, sealed: bytes) -> str:
        """The number.

        Raises:
            VaultError: key or row do not belong together, or were changed.

        """
        return _open(self._data_key(customer_id, wrapped_key), sealed, contact_id).decode()

    def blind_index(self, number: str) -> str:
        """HMAC-SHA256 over the E.164 form, 64 hex digits: look-up by number without keeping it."""
        return hmac.new(self._index, number.encode(), hashlib.sha256).hexdigest()

    def _data_key(self, customer_id: str, wrapped_key: bytes) -> AESGCM:
        return AESGCM(self._unwrapped(customer_id, wrapped_key))

    def _unwrapped(self, customer_id: str, wrapped_key: bytes) -> bytes:
        for key in (self._master, *self._others):
            with suppress(VaultError):
                return _open(key, wrapped_key, customer_id)
        raise _shut(customer_id)


async def put_number(
    connection: Any, vault: Vault, *, customer_id: str, contact_id: str, number: str, at: datetime
) -> None:
    """Keep a contact's number (E.164). `at`: domain time; an erasure of later date removes it. Run in a transaction.

    Raises:
        VaultError: not an E.164 number.

    """
    if E164.fullmatch(number) is None:
        raise VaultError(f"the number of contact {contact_id} is not E.164: write it as +, country code, number")
    await connection.execute(SQL["put_key"], customer_id, vault.new_customer_key(customer_id), at)
    wrapped = await connection.fetchval(SQL["key_of"], customer_id)
    sealed = vault.seal(customer_id, wrapped, contact_id, number)
    index, country = vault.blind_index(number), country_of(number)
    await connection.execute(SQL["put_number"], contact_id, customer_id, sealed, index, at, country)


async def number_of(connection: Any, vault: Vault, contact_id: str) -> str | None:
    """A contact's number in E.164; None if there is none, or none any more.

    Raises:
        VaultError: the row does not open with this master key.

    """
    row = await connection.fetchrow(SQL["sealed_number"], contact_id)
    if row is None:
        return None
    number = vault.open(row["customer_id"], row["wrapped_key"], contact_id, row["sealed"])
    if row["country"] is None:
        await connection.execute(SQL["put_country"], contact_id, country_of(number))
    return number


async def country_in_vault(connection: Any, vault: Vault, contact_id: str) -> str | None:
    """The country of a contact's number; None if there is none. Writes nothing: for a transaction that waits for no import.

    Raises:
        VaultError: the row does not open with this master key.

    """
    row = await connection.fetchrow(SQL["sealed_number"], contact_id)
    if row is None:
        return None
    known: str | None = row["country"]
    return known or country_of(vault.open(row["customer_id"], row["wrapped_key"], contact_id, row["sealed"]))


def country_of(number: str) -> str:
    """The country of a number in E.164, ISO 3166; where several share a calling code and its digits do not say, the main one.

    >>> country_of("+447700900123")
    'GB'
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return phonenumbers.UNKNOWN_REGION
    main = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return phonenumbers.region_code_for_number(parsed) or main


async def check_opens(connection: Any, vault: Vault) -> None:
    """See that this master key is the one that what is there was sealed with, before anything is put beside it.

    Raises:
        VaultError: it is another.

    """
    row = await connection.fetchrow(SQL["any_key"])
    if row is not None:
        vault.check(row["customer_id"], row["wrapped_key"])


async def contacts_by_number(connection: Any, blind_index: str) -> list[tuple[str, str]]:
    """(contact id, customer id) of everybody with this number, given as its blind index."""
    rows = await connection.fetch(SQL["contacts_by_index"], blind_index)
    return [(row["contact_id"], row["customer_id"]) for row in rows]


async def erase_customer(connection: Any, customer_id: str, until: datetime) -> None:
    """Forget the numbers put by `until`, and the key with them: what backups and logs hold is noise from then on."""
    await connection.execute(SQL["drop_numbers"], customer_id, until)
    await connection.execute(SQL["drop_key"], customer_id)


async def erase_as_registered(connection: Any, customer_id: str, until: datetime) -> bool:
    """As `erase_customer`, if the registry says that this customer is erased; whether it does.

    Destroying a key cannot be taken back, and whoever may write to the topic could say it of anybody. The erasure itself
    (outagectl erase, import --prune) marks the registry and destroys the key in one transaction, before it tells the topic.
    """
    if not await connection.fetchval(SQL["gone_from_registry"], customer_id):
        return False
    await erase_customer(connection, customer_id, until)
    return True


def _seal(key: AESGCM, plain: bytes, owner: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, owner.encode())


def _open(key: AESGCM, sealed: bytes, owner: str) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode())
    except (InvalidTag, ValueError):
        raise _shut(owner) from None


def _shut(owner: str) -> VaultError:
    return VaultError(f"what is kept for {owner} does not open: wrong master key, or the row was moved or changed")


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise VaultError(f"the vault's key has {len(key)} bytes: give {KEY_BYTES} random ones, in base64")
    return AESGCM(key)


def _from_base64(key: str) -> bytes:
    try:
        return b64decode(key.strip(), validate=True)
    except (NotBase64, ValueError):
        raise VaultError(f"the vault's key is not base64: give {KEY_BYTES} random bytes in base64") from None
