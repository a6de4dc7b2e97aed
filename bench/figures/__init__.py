"""The report of a month of many outages: how long it takes, and how much memory."""
