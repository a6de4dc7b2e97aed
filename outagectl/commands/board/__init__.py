"""`outagectl board`: the public pages."""
