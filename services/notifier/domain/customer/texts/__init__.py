"""Which text is due to a customer: on their supply, on single supplies, on notices, after one that failed."""
