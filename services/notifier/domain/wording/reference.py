"""Derive a text's id from what it says, and the code of an outage from whom it is told: the same intent, the same words."""

import json
from collections.abc import Collection, Iterable
from hashlib import sha256
from itertools import count
from typing import Final
from uuid import UUID, uuid5

# Crockford base32: no I, L, O, U. In it were written the codes of texts of versions before, which are still asked about.
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Of those what is never taken for another when it is written down or read out: no B, S, Z, Q beside 8, 5, 2, 0; and no
# vowels, so that no code spells a word.
SPEAKABLE: Final = "0123456789CDFGHJKMNPRTVWXY"
REF_LENGTH: Final = 5
MARK_LENGTH: Final = 2
# As codes are heard over the telephone or read from a scribble: of all of them, and of those of this version.
_HEARD: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})
_MISREAD: Final = str.maketrans({"B": "8", "S": "5", "Z": "2", "Q": "0", "U": "V"})

_NAMESPACE = UUID("5f0c1f0e-6f6b-5d0a-9d52-2a1c6a0e9b77")


def dedupe_key(
    *, mrid: str, trigger: str, version: int, customer_id: str, contact_id: str, says: str, round_: int
) -> str:
    """What makes two intents the same one.

    `version` is that of the outage or notice spoken of, `says` names the content, `round_` counts earlier intents that
    were equal in all of this and came to nothing (expired, suppressed).
    """
    return "|".join((mrid, trigger, str(version), customer_id, contact_id, says, str(round_)))


def message_id(key: str) -> str:
    """The id of the text with this dedupe key: a UUID, version 5."""
    return str(uuid5(_NAMESPACE, key))


def outage_code(customer_id: str, mrid: str, taken: Collection[str] = ()) -> str:
    """The code of one outage for one customer, as printed in texts and asked for on the hotline; none of those `taken`.

    Five characters of `SPEAKABLE`, a letter and a digit among them: it is no word, and not the hotline's own number. Among
    20,000 customers with 20 outages each about three codes in a hundred belong to two of them: whoever looks one up is
    shown both, and asks who calls.
    """
    for turn in count():
        code = _code(json.dumps([customer_id, mrid, turn]))
        if code not in taken and not code.isdigit() and not code.isalpha():
            return code
    raise AssertionError("count() never ends")


def printed_code(code: str, id_: str, others: Iterable[str] = ()) -> str:
    """The code as the text with this id bears it: a mark of its own follows, which no text of `others` (ids) has.

    So no two texts to one person are alike to the letter: whether one that nobody answered for was made is asked of the
    provider by what it says (docs/adr/0006).

    >>> printed_code("A6C63", "5c4a06ce-c016-5ba7-9145-04449695a843")
    'A6C63-XR'
    """
    mark = _signs(id_, MARK_LENGTH)
    alike = any(_signs(other, MARK_LENGTH) == mark for other in others if other != id_)
    return f"{code}-{_signs(id_, 2 * MARK_LENGTH) if alike else mark}"


def _code(key: str) -> str:
    return _signs(key, REF_LENGTH)


def _signs(key: str, length: int) -> str:
    number = int.from_bytes(sha256(key.encode()).digest()[:8], "big")
    signs = []
    for _ in range(length):
        number, sign = divmod(number, len(SPEAKABLE))
        signs.append(SPEAKABLE[sign])
    return "".join(signs)


def codes_heard(said: str) -> tuple[str, ...]:
    """The codes that somebody may mean who reads one out or types it: as it is first, then as it may have been misread.

    Nothing where it can be none. Blanks, hyphens and dots between the characters are dropped, full width is read as plain; the
    mark of the text, if it is given too, says no more.
    """
    plain = "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else sign for sign in said)
    typed = "".join(sign for sign in plain.upper() if not sign.isspace() and sign not in "-.").translate(_HEARD)
    if len(typed) in (REF_LENGTH + MARK_LENGTH, REF_LENGTH + 2 * MARK_LENGTH):
        typed = typed[:REF_LENGTH]
    meant = dict.fromkeys((typed, typed.translate(_MISREAD)))
    return tuple(code for code in meant if len(code) == REF_LENGTH and not set(code) - set(CROCKFORD))
