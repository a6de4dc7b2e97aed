"""A stateful stand-in for Twilio's Messages API on this machine: queue, receipts, callbacks, texts in, faults."""
