"""What the HTTP gateway for texts is called in rows, events and topics."""

from typing import Final

PROVIDER: Final = "sms-gateway"
"""What rows and events call it."""
SID_PREFIX: Final = "gw:"
"""Before its message ids in rows and events: rows are found by the id alone, and Twilio's begin otherwise."""
SOURCE: Final = "/sms-gateway"
"""Whose events on outage.receipts these are; no token of the gateway service may speak for it."""
