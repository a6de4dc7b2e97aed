"""The files of a case that are imported before its first step, in this order, and the command for each."""

IMPORTS = (
    ("customers.csv", ("import", "customers")),
    ("contacts.csv", ("import", "contacts")),
)
