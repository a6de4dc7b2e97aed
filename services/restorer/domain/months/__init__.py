"""What became of the promises of a month: its cases, its verdicts, and the statement of how they were kept. Pure."""
