"""The real stack under a steady trickle of work for hours: what it takes is recorded, drawn and judged (`make soak`)."""
