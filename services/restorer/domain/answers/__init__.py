"""What complaints and enquiries have in common: somebody asked, and an answer by the rule's time is promised. Pure."""
