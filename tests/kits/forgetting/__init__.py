"""What tests of forgetting share."""
