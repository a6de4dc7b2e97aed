"""The key that signs heads and evidence: Ed25519 in PEM files, the private one readable by its owner only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from operations.errors import Misused, NotFound, Refused
from services.kernel.proof.heads import key_id

VARIABLE = "OUTAGE_SIGNING_KEY_FILE"


def make_key(file: Path) -> tuple[Path, str]:
    """Write a new private key to `file` and its public half beside it (`.pub`); returns that file and the key's id.

    Raises:
        Refused: a file of one of these names is there already, or cannot be written.

    """
    key = Ed25519PrivateKey.generate()
    public = file.with_name(file.name + ".pub")
    try:
        _write(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
        _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except FileExistsError as error:
        raise Refused(f"{error.filename} is there already: a key is never overwritten; choose another name") from None
    except OSError as error:
        raise Refused(f"{error.filename} cannot be written ({error.strerror})") from None
    return public, key_id(key.public_key())


def _write(file: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def find_key(file: Path | None) -> Ed25519PrivateKey | None:
    """The signing key: of `file`, else of the file that OUTAGE_SIGNING_KEY_FILE names, else none.

    Raises:
        Misused: the file is not there or holds no Ed25519 private key.

    """
    named = file or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        return None
    try:
        key = load_pem_private_key(named.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise Misused(
            f"{named} holds no private key in PEM ({error}): make one with `outagectl heads key new FILE`"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misused(f"{named} holds another kind of key: an Ed25519 key is needed (`outagectl heads key new FILE`)")
    return key


def need_key(file: Path | None) -> Ed25519PrivateKey:
    """As find_key, where there must be one.

    Raises:
        NotFound: no key was named.
        Misused: the file is not there or holds no Ed25519 private key.

    """
    key = find_key(file)
    if key is None:
        raise NotFound(
            f"no signing key: name its file with --key, or set {VARIABLE}; `outagectl heads key new FILE` makes one"
        )
    return key


def public_keys(files: Sequence[Path], *, own: bool = False) -> dict[str, Ed25519PublicKey]:
    """Trusted public keys by id: of these files and, if `own`, the public half of the signing key that is set.

    Raises:
        Misused: a file holds no Ed25519 public key, or no key was named at all.

    """
    found: dict[str, Ed25519PublicKey] = {}
    for file in files:
        try:
            key = load_pem_public_key(file.read_bytes())
        except (OSError, ValueError) as error:
            raise Misused(f"{file} holds no public key in PEM ({error}): it is the file that ends in .pub") from None
        if not isinstance(key, Ed25519PublicKey):
            raise Misused(f"{file} holds another kind of key: an Ed25519 public key is needed")
        found[key_id(key)] = key
    if own and (private := find_key(None)) is not None:
        found[key_id(private.public_key())] = private.public_key()
    if not found:
        raise Misused("no public key: name the file that ends in .pub")
    return found
