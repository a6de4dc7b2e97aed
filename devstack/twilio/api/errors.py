"""Twilio's refusals as data: code → HTTP status and words (https://www.twilio.com/docs/api/errors)."""

from typing import Any

REFUSALS: dict[int, tuple[int, str]] = {
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20005: (401, "Account not active"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service is unavailable. Please try again"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21217: (400, "Phone number does not appear to be valid"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21421: (400, "PhoneNumber is invalid"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21659: (400, "'From' is not a Twilio phone number or Short Code country mismatch"),
    21703: (400, "The Messaging Service does not have a phone number available to send a message"),
    30409: (409, "Message cannot be canceled in its current state"),
    32017: (400, "Blocked by carrier"),
    35111: (400, "SendAt cannot be empty for ScheduleType 'fixed'"),
    35114: (400, "SendAt timestamp must be between 900s and 35d in the future"),
    63017: (429, "Account rate limit exceeded"),
    63038: (429, "Account exceeded the daily messages limit"),
    90007: (400, "ValidityPeriod must be between 1 and 36000 seconds"),
}

DELIVERY_FAILURES: dict[int, str] = {
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "Message from an unregistered number",
    30036: "Validity period expired",
    30450: "Message delivery blocked (SMS pumping protection)",
    30500: "Internal error",
}
"""Codes that come only with a final state, not with the answer to the POST."""

MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Twilio's documented test recipients (https://www.twilio.com/docs/iam/test-credentials)."""
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
"""Twilio's documented test senders."""


class TwilioRefusal(Exception):
    """Twilio says no, with its code. Nothing was created."""

    def __init__(self, code: int, *, status: int = 0, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def http_status(self) -> int:
        """The given status, or the one that goes with the code (400 for a code the table lacks)."""
        return self.status or REFUSALS.get(self.code, (400, ""))[0]

    def payload(self) -> dict[str, Any]:
        """The JSON body of Twilio's older error form."""
        words = REFUSALS.get(self.code, (400, DELIVERY_FAILURES.get(self.code, "Unlisted error")))[1]
        return {
            "code": self.code,
            "message": words,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.http_status,
        }
