"""Turn a phone number as somebody wrote it into E.164. No error repeats it."""

from dataclasses import dataclass, field
from unicodedata import normalize

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from connectors.table import CsvRow, RowProblem

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
DEFAULT_REGION = "CN"
NO_NETWORK = "no network is known for these digits: check them (taken as they are)"


@dataclass(frozen=True, slots=True)
class Number:
    """E.164, and a doubt about it in words, if there is one."""

    e164: str
    doubt: str | None = None


def number_of(row: CsvRow, region: str, column: str = "number") -> Number:
    """The number in a row's `column`, in any common form; without country code it is one of `region` (CN, GB, …).

    Both forms of the registry's files ask here, so they take and refuse the same, in the same words.

    Raises:
        RowProblem: it is empty, spoilt by a spreadsheet, no number that can exist, or none that texts reach.

    """
    # What came along from a chat or a web page beside the digits is gone already: cells are clean.
    written = normalize("NFKC", row.get(column)).strip().lstrip("'").strip()
    if not written:
        raise RowProblem(f"{column} is empty: a contact without a number cannot be told", column)
    if "E+" in written.upper() or written.endswith(".0"):
        problem = f"{column} was turned into a figure by a spreadsheet: format the column as text and enter it again"
        raise RowProblem(problem, column)
    if any(character.isalpha() for character in written):
        raise RowProblem(f"{column} holds words or an extension: give the number alone", column)
    parsed = _parsed(written, region, column)
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise RowProblem(f"{column} lacks its area code: give the whole number", column)
    kind = phonenumbers.number_type(parsed)
    if kind in _OTHERS:
        other = "" if written.startswith(("+", "00")) else ", or one of another country with its code"
        raise RowProblem(f"{column} is {_OTHERS[kind]}, which texts do not reach: give a mobile number{other}", column)
    if kind not in _TEXTS_REACH and not written.startswith(("+", "00")):
        problem = f"{column} is none of {region}: give all its digits, or +, its country's code and the number"
        raise RowProblem(problem, column)
    doubt = None if kind in _TEXTS_REACH else NO_NETWORK
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), doubt)


@dataclass(slots=True)
class NumbersInFile:
    """Who has which number in a file: two customers on one handset get the texts of both there."""

    first: dict[str, tuple[str, int]] = field(default_factory=dict, repr=False)

    def shared(self, number: Number, customer_id: str, line: int) -> str | None:
        """In words, where another customer has the number already; the number itself is not said."""
        other, where = self.first.setdefault(number.e164, (customer_id, line))
        if other == customer_id:
            return None
        return shared(f"{other} in line {where}")


def shared(other: str) -> str:
    """What follows where customer `other` has a number, too; the number itself is not said."""
    return f"the same handset as customer {other}: it gets the texts of both, each with its site"


def _parsed(written: str, region: str | None, column: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise RowProblem(f"{column} is no phone number: check its digits", column) from None
    if number.extension or not phonenumbers.is_possible_number(number):
        problem = f"{column} has too few or too many digits for its country, or an extension: check it"
        raise RowProblem(problem, column)
    return number
