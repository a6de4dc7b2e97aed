"""Tasks, work for people: what stands open, who has it, and when nobody need do it any more. The same in every service."""
