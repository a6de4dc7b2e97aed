"""How the promises of a month were kept: as the cases stand, as it was published, and case by case."""
