"""The board for machines: Atom, iCalendar, CAP 1.2, JSON, ODIN's fields, and a telecom operator's own sites."""
