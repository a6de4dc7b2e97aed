"""A stateful stand-in for an HTTP gateway for texts (docs/sms-gateway.md): signed JSON, look-up, reports in batches, faults."""
