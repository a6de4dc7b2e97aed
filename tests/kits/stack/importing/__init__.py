"""What operators import, the registry and the network, into real tables and topics of a test's own."""
