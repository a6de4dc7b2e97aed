"""A phone number as somebody wrote it → E.164. No error repeats it."""

from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from connectors.registry_table import Row, RowProblem

_TEXTS_REACH = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER}
)
# What they are called where texts do not reach them.
_OTHERS = {
    PhoneNumberType.FIXED_LINE: "a landline",
    PhoneNumberType.TOLL_FREE: "a free-phone number",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.VOIP: "an internet phone",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.UAN: "a company number",
    PhoneNumberType.VOICEMAIL: "a mailbox",
}
NO_NETWORK = "no network is known for these digits: check them (taken as they are)"


@dataclass(frozen=True, slots=True)
class Number:
    """E.164, and a doubt about it in words, if there is one."""

    e164: str
    doubt: str | None = None


def phone_of(row: Row) -> str:
    """The `phone` of a row in E.164; it must be written with its country code.

    Raises:
        RowProblem: it is empty, lacks the country code, or no such number can exist.

    """
    written = row.get("phone")
    if not written:
        raise RowProblem("phone is empty: a contact without a number cannot be told", "phone")
    if not written.startswith("+"):
        problem = "phone has no country code: write it as +86… (format the column as text in the spreadsheet)"
        raise RowProblem(problem, "phone")
    return phonenumbers.format_number(_parsed(written, None, "phone"), PhoneNumberFormat.E164)


def number_of(row: Row, region: str) -> Number:
    """The `number` of a row, in any common form; without country code it is one of `region` (CN, GB, …).

    Raises:
        RowProblem: it is empty, spoilt by a spreadsheet, no number that can exist, or none that texts reach.

    """
    written = row.get("number").lstrip("'")
    if not written:
        raise RowProblem("number is empty: a contact without a number cannot be told", "number")
    if "E+" in written.upper() or written.endswith(".0"):
        problem = "number was turned into a figure by a spreadsheet: format the column as text and enter it again"
        raise RowProblem(problem, "number")
    if any(character.isalpha() for character in written):
        raise RowProblem("number holds words or an extension: give the number alone", "number")
    parsed = _parsed(written, region, "number")
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise RowProblem("number lacks its area code: give the whole number", "number")
    kind = phonenumbers.number_type(parsed)
    if kind in _OTHERS:
        raise RowProblem(f"number is {_OTHERS[kind]}, which texts do not reach: give a mobile number", "number")
    if kind not in _TEXTS_REACH and not written.startswith(("+", "＋", "00")):
        problem = f"number is none of {region}: give all its digits, or +, its country's code and the number"
        raise RowProblem(problem, "number")
    doubt = None if kind in _TEXTS_REACH else NO_NETWORK
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), doubt)


def _parsed(written: str, region: str | None, column: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise RowProblem(f"{column} is no phone number: check its digits", column) from None
    if number.extension or not phonenumbers.is_possible_number(number):
        problem = f"{column} has too few or too many digits for its country, or an extension: check it"
        raise RowProblem(problem, column)
    return number
