"""What other systems send: facts in their own spelling, facts that cannot be so, records that are none."""
